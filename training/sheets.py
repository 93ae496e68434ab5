"""Pictures as bytes and as floats in [-1, 1], and contact sheets: many in one, each with its caption, to be looked at."""

import textwrap
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont

MARGIN = 6
LINE = 13


def to_floats(pictures: torch.Tensor) -> torch.Tensor:
    """Bytes to [-1, 1]."""
    return pictures.float() / 127.5 - 1


def to_bytes(pictures: torch.Tensor) -> torch.Tensor:
    return ((pictures.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)


def to_image(picture: torch.Tensor) -> Image.Image:
    """`[3 or 1, height, width]`, bytes or floats in [-1, 1], as a picture."""
    if picture.dtype != torch.uint8:
        picture = to_bytes(picture)
    array = picture.cpu().expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(array)


def save_sheet(
    path: Path, pictures: torch.Tensor, captions: list[str] | None = None, columns: int = 8, width: int | None = None
) -> None:
    """A grid of `[count, channels, height, width]`, `width` pixels a picture, its captions below in two or three lines."""
    font = ImageFont.load_default(11)
    width = width or pictures.shape[-1]
    height = width * pictures.shape[-2] // pictures.shape[-1]
    lines = [textwrap.wrap(caption, max(12, width // 6))[:3] for caption in captions or []]
    text = LINE * max((len(each) for each in lines), default=0)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + MARGIN) + MARGIN, rows * (height + text + MARGIN) + MARGIN), "white")
    draw = ImageDraw.Draw(sheet)
    for index, picture in enumerate(pictures):
        x = MARGIN + index % columns * (width + MARGIN)
        y = MARGIN + index // columns * (height + text + MARGIN)
        sheet.paste(to_image(picture).resize((width, height), Image.Resampling.LANCZOS), (x, y))
        for number, line in enumerate(lines[index] if lines else []):
            draw.text((x, y + height + LINE * number), line, fill="black", font=font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)

// A story as one picture: its pages as they lie open, text on the left and pictures on the right.

/**
 * @typedef {import('./sheet.js').Story} Story
 * @typedef {OffscreenCanvasRenderingContext2D} Context
 * @typedef {{ lines: string[], height: number, image: ImageData | null, caption: string[] }} Row
 */

const WIDTH = 1600;
const MARGIN = 96;
const GUTTER = 128;
const COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2;
const SERIF =
  "'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, 'Noto Serif', serif";
const TEXT = { font: `30px ${SERIF}`, line: 48 };
const CAPTION = { font: `22px ${SERIF}`, line: 32 };
const TITLE = { font: `500 56px ${SERIF}`, line: 66 };
const COLOURS = { leaf: '#fffcf5', ink: '#221c15', soft: '#6a6053', line: '#e8dfd1' };
const GAP = 64;

/** @param {Story} story @returns {Promise<Blob>} a PNG */
export async function spreadOf({ title, pages }) {
  const canvas = new OffscreenCanvas(WIDTH, 1);
  const context = /** @type {Context} */ (canvas.getContext('2d'));
  const heading = wrapped(context, TITLE.font, title, COLUMN);
  const rows = pages.map((page) => rowOf(context, page));
  const above = heading.length * TITLE.line + 24;
  const heights = rows.map(({ height }, index) => height + (index === 0 ? 0 : GAP));
  // The first picture begins beside the title.
  const first = rows[0] ? Math.max(rows[0].lines.length * TEXT.line + above, pictureHeight(rows[0])) : above;
  canvas.height = 2 * MARGIN + first + heights.slice(1).reduce((sum, height) => sum + height, 0);

  context.fillStyle = COLOURS.leaf;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = COLOURS.line;
  context.fillRect(WIDTH / 2 - 1, 0, 2, canvas.height);
  write(context, heading, { ...TITLE, colour: COLOURS.ink, x: MARGIN, y: MARGIN });
  let y = MARGIN;
  for (const [index, row] of rows.entries()) {
    const top = index === 0 ? y + above : y;
    write(context, row.lines, { ...TEXT, colour: COLOURS.ink, x: MARGIN, y: top });
    await drawPicture(context, row, WIDTH - MARGIN - COLUMN, y);
    y += (index === 0 ? first : row.height) + GAP;
  }
  return canvas.convertToBlob({ type: 'image/png' });
}

/** @param {Context} context @param {Story['pages'][number]} page @returns {Row} */
function rowOf(context, { text, plate }) {
  const lines = text
    .trim()
    .split(/\n+/)
    .flatMap((paragraph) => wrapped(context, TEXT.font, paragraph, COLUMN));
  const caption = plate?.image ? wrapped(context, CAPTION.font, plate.caption, COLUMN).slice(0, 3) : [];
  const row = { lines, caption, image: plate?.image ?? null, height: 0 };
  row.height = Math.max(lines.length * TEXT.line, pictureHeight(row));
  return row;
}

/** @param {Pick<Row, 'image' | 'caption'>} row */
function pictureHeight({ image, caption }) {
  if (!image) return 0;
  return Math.round((COLUMN * image.height) / image.width) + 16 + caption.length * CAPTION.line;
}

/** @param {Context} context @param {Row} row @param {number} x @param {number} y */
async function drawPicture(context, { image, caption }, x, y) {
  if (!image) return;
  const height = Math.round((COLUMN * image.height) / image.width);
  const bitmap = await createImageBitmap(image);
  context.save();
  context.beginPath();
  context.roundRect(x, y, COLUMN, height, 18);
  context.clip();
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, x, y, COLUMN, height);
  context.restore();
  bitmap.close();
  write(context, caption, { ...CAPTION, colour: COLOURS.soft, x, y: y + height + 16 });
}

/** The lines of a text of this width. @param {Context} context @param {string} font @param {string} text @param {number} width */
function wrapped(context, font, text, width) {
  context.font = font;
  const fits = (/** @type {string} */ line) => context.measureText(line.trimEnd()).width <= width;
  const segments = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text);
  /** @type {string[]} */
  const lines = [];
  let line = '';
  for (const { segment, isWordLike } of segments) {
    // Punctuation stays with the word before it.
    if (line !== '' && !fits(line + segment) && (isWordLike || segment.trim() === '')) {
      lines.push(line.trimEnd());
      line = segment.trimStart();
    } else line += segment;
  }
  return line.trim() === '' ? lines : [...lines, line.trimEnd()];
}

/**
 * @param {Context} context
 * @param {readonly string[]} lines
 * @param {{ font: string, line: number, colour: string, x: number, y: number }} how
 */
function write(context, lines, { font, line, colour, x, y }) {
  Object.assign(context, { font, fillStyle: colour, textBaseline: 'top' });
  lines.forEach((text, index) =>
    context.fillText(text, x, y + index * line + (line - parseInt(font.match(/\d+px/)?.[0] ?? '0', 10)) / 2),
  );
}

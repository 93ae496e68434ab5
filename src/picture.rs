//! Between the numbers of a network's pictures and the bytes of a canvas.

/// Pictures `[count, channels, height, width]` in [-1, 1] to RGBA bytes `[count, height, width, 4]`.
///
/// One channel is grey and three are red, green and blue. −1 is 0, 1 is 255, and what is outside is cut off.
///
/// # Panics
/// When `area` (height · width) or `channels` is zero.
#[must_use]
pub fn rgba(pixels: &[f32], channels: usize, area: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(pixels.len() / channels * 4);
    for picture in pixels.chunks_exact(channels * area) {
        for pixel in 0..area {
            let channel = |index: usize| byte(picture[index.min(channels - 1) * area + pixel]);
            bytes.extend([channel(0), channel(1), channel(2), 255]);
        }
    }
    bytes
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` cuts off at 0 and 255
fn byte(value: f32) -> u8 {
    ((value + 1.0) * 127.5).round() as u8
}

/// The inverse of [`rgba`]: bytes `[height, width, 4]` to a picture `[channels, height, width]` in [-1, 1]. One channel is
/// the luminance, in whole steps of 255. Transparency is ignored.
#[must_use]
pub fn from_rgba(bytes: &[u8], channels: usize) -> Vec<f32> {
    let number = |byte: u8| f32::from(byte) / 127.5 - 1.0;
    if channels == 1 {
        return luminance(bytes).into_iter().map(number).collect();
    }
    (0..channels).flat_map(|channel| bytes.chunks_exact(4).map(move |pixel| number(pixel[channel]))).collect()
}

/// How light each pixel of RGBA bytes is (Rec. ITU-R BT.601), `[height, width]`.
#[must_use]
pub fn luminance(bytes: &[u8]) -> Vec<u8> {
    // Weights in thousandths, so that grey stays what it is.
    let light = |pixel: &[u8]| {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
        #[allow(clippy::cast_possible_truncation)] // at most 255
        let light = ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8;
        light
    };
    bytes.chunks_exact(4).map(light).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back_in_grey_and_in_colour() {
        let bytes: Vec<u8> = (0..=255).flat_map(|byte| [byte, byte, byte, 255]).collect();
        for channels in [1, 3] {
            assert_eq!(rgba(&from_rgba(&bytes, channels), channels, 256), bytes);
        }
    }

    #[test]
    fn green_is_lighter_than_red_and_red_than_blue() {
        let bytes = [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255];
        assert_eq!(luminance(&bytes), [76, 150, 29, 255]);
        assert_eq!(from_rgba(&bytes[..8], 3), [1.0, -1.0, -1.0, 1.0, -1.0, -1.0]);
    }

    #[test]
    fn grey_fills_all_three_colours() {
        assert_eq!(
            rgba(&[-1.0, 1.0, 0.0, 9.0], 1, 2),
            [0, 0, 0, 255, 255, 255, 255, 255, 128, 128, 128, 255, 255, 255, 255, 255]
        );
    }

    #[test]
    fn channels_come_plane_by_plane() {
        assert_eq!(rgba(&[-1.0, 1.0, 1.0, -1.0, -1.0, 1.0], 3, 2), [0, 255, 0, 255, 255, 0, 255, 255]);
    }
}

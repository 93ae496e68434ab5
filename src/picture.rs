//! Pixels as a network makes them, turned into pixels as a canvas shows them.

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
        for place in 0..area {
            let channel = |index: usize| byte(picture[index.min(channels - 1) * area + place]);
            bytes.extend([channel(0), channel(1), channel(2), 255]);
        }
    }
    bytes
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` cuts off at 0 and 255
fn byte(value: f32) -> u8 {
    ((value + 1.0) * 127.5).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

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

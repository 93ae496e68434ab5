//! What stays of a picture that is repainted in latents. An autoencoder does not give a picture back exactly, so that the
//! part that is kept is put over the result in the end.

/// A picture and which part of it stays.
#[derive(Debug)]
pub struct Overlay {
    /// `[channels, height, width]`
    pub pixels: Vec<f32>,
    /// `[height, width]`: 1 where the picture stays, 0 where it is painted.
    pub kept: Vec<f32>,
}

impl Overlay {
    /// Puts the kept part over pictures `[count, channels, height, width]`.
    pub fn put_over(&self, pictures: &mut [f32]) {
        for picture in pictures.chunks_exact_mut(self.pixels.len()) {
            for (plane, pixels) in
                picture.chunks_exact_mut(self.kept.len()).zip(self.pixels.chunks_exact(self.kept.len()))
            {
                for ((to, pixel), kept) in plane.iter_mut().zip(pixels).zip(&self.kept) {
                    if *kept > 0.0 {
                        *to = *pixel;
                    }
                }
            }
        }
    }
}

//! A picture as the convolutions for the CPU see it.

/// A picture of several channels, perhaps seen at twice its size.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    pub channels: usize,
    /// As it is seen.
    pub height: usize,
    pub width: usize,
    pub doubled: bool,
}

impl Picture {
    pub fn new([_, channels, height, width]: [usize; 4], doubled: bool) -> Self {
        let scale = if doubled { 2 } else { 1 };
        Self { channels, height: scale * height, width: scale * width, doubled }
    }

    /// Numbers of a channel in memory.
    pub fn stored(self) -> usize {
        self.height * self.width / if self.doubled { 4 } else { 1 }
    }

    /// A row of a channel, as it is in memory; `None` outside of the picture.
    pub fn row<'a>(&self, channel: &'a [f32], y: isize) -> Option<&'a [f32]> {
        let y = usize::try_from(y).ok().filter(|&y| y < self.height)?;
        let shift = usize::from(self.doubled);
        let width = self.width >> shift;
        channel.get((y >> shift) * width..)?.get(..width)
    }

    /// A pixel of such a row; zero outside of the picture.
    pub fn at(&self, row: &[f32], x: isize) -> f32 {
        let x = usize::try_from(x).ok().map(|x| x >> usize::from(self.doubled));
        x.and_then(|x| row.get(x)).copied().unwrap_or(0.0)
    }
}

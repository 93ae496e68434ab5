//! Pictures in bands of rows, for those whose tensor would be larger than what a device reads at once.
//!
//! Layers give for all bands together what they give for the whole picture: a convolution sees the rows of the neighbours
//! beside its band, and a norm has the mean and the variance of all bands. So nothing shows where bands meet.
//!
//! ```text
//! norm ► act ► conv over a band:   the last row above ┐
//!                                  the band           ├► norm ► act ► conv ► without the rows that are the neighbours'
//!                                  the first row below ┘
//! ```

use burn::tensor::Tensor;

use super::Conv2d;

/// A picture `[rows, channels, height, width]` in bands of its height, from the top. One band is the whole picture.
#[derive(Debug, Clone)]
pub struct Bands(Vec<Tensor<4>>);

impl Bands {
    /// The picture in bands of these heights, together its own.
    #[must_use]
    pub fn split(x: Tensor<4>, heights: &[usize]) -> Self {
        if let [_] = heights {
            return Self(vec![x]);
        }
        let mut top = 0;
        let band = |&height: &usize| {
            let band = x.clone().narrow(2, top, height);
            top += height;
            band
        };
        Self(heights.iter().map(band).collect())
    }

    /// The whole picture.
    #[must_use]
    pub fn join(self) -> Tensor<4> {
        self.into_whole().unwrap_or_else(|bands| Tensor::cat(bands.0, 2))
    }

    /// Whether the picture is one tensor.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.0.len() == 1
    }

    /// The picture as one tensor.
    ///
    /// # Errors
    /// The bands, where there are several.
    pub fn into_whole(self) -> Result<Tensor<4>, Self> {
        <[_; 1]>::try_from(self.0).map(|[whole]| whole).map_err(Self)
    }

    /// The bands, from the top.
    pub fn iter(&self) -> impl Iterator<Item = &Tensor<4>> {
        self.0.iter()
    }

    /// What `layer` makes of each band, for a layer that sees no pixel beside the one it computes.
    #[must_use]
    pub fn map(self, layer: impl FnMut(Tensor<4>) -> Tensor<4>) -> Self {
        Self(self.0.into_iter().map(layer).collect())
    }

    /// The same for two pictures in the same bands.
    #[must_use]
    pub fn zip(self, other: Self, mut layer: impl FnMut(Tensor<4>, Tensor<4>) -> Tensor<4>) -> Self {
        Self(self.0.into_iter().zip(other.0).map(|(x, y)| layer(x, y)).collect())
    }

    /// Band `index` with as many rows of the bands above and below, where there are some.
    fn with_margins(&self, index: usize, above: usize, below: usize) -> Tensor<4> {
        let last = |x: &Tensor<4>| x.clone().narrow(2, x.dims()[2] - above, above);
        let first = |x: &Tensor<4>| x.clone().narrow(2, 0, below);
        let before = index.checked_sub(1).filter(|_| above > 0).map(|index| last(&self.0[index]));
        let behind = self.0.get(index + 1).filter(|_| below > 0).map(first);
        let parts: Vec<_> = before.into_iter().chain([self.0[index].clone()]).chain(behind).collect();
        if parts.len() == 1 { self.0[index].clone() } else { Tensor::cat(parts, 2) }
    }
}

impl From<Tensor<4>> for Bands {
    fn from(whole: Tensor<4>) -> Self {
        Self(vec![whole])
    }
}

impl Conv2d {
    /// The convolution of `prepare(x)`, band by band. `prepare` is what comes before it that sees no pixel beside the one it
    /// computes, such as a norm and an activation: it is made of a band at a time, so that there is never a whole picture of
    /// it.
    ///
    /// # Panics
    /// When a band has fewer rows than the kernels reach beyond the next, or, but for the last, no multiple of the stride.
    #[must_use]
    pub fn over(&self, x: &Bands, prepare: impl Fn(Tensor<4>) -> Tensor<4>) -> Bands {
        let (size, geometry) = (self.size(), self.geometry());
        let (stride, (padding, _)) = (geometry.stride, geometry.padding);
        let scale = if geometry.doubled { 2 } else { 1 }; // rows that are seen for one
        // Whole steps of the kernels, so that these stand in the band as they do in the picture.
        let above = padding.next_multiple_of(stride).div_ceil(scale);
        let below = size.saturating_sub(stride + padding).div_ceil(scale);
        let band = |index: usize| {
            let y = self.forward(&prepare(x.with_margins(index, above, below)));
            let height = scale * x.0[index].dims()[2] / stride;
            let top = if index == 0 { 0 } else { scale * above / stride };
            let is_last = index + 1 == x.0.len();
            let height = if is_last { y.dims()[2] - top } else { height };
            if height == y.dims()[2] { y } else { y.narrow(2, top, height) }
        };
        Bands((0..x.0.len()).map(band).collect())
    }
}

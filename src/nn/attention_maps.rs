use burn::tensor::Tensor;

use super::resample::enlarge;

/// How much of each pixel's attention each token of a text gets, collected from layers at several sizes.
#[derive(Debug, Clone)]
pub struct AttentionMaps {
    /// Height and width of the maps. Those of every layer's picture divide them by the same number.
    size: [usize; 2],
    sum: Option<Tensor<4>>,
    layers: usize,
}

impl AttentionMaps {
    /// Maps of `[height, width]`, the largest size of a layer's picture.
    #[must_use]
    pub fn new(size: [usize; 2]) -> Self {
        Self { size, sum: None, layers: 0 }
    }

    /// Adds a layer's probabilities `[rows · pixels, tokens]`.
    ///
    /// # Panics
    /// When the pixels are not those of a picture that is smaller by a whole number.
    pub fn add(&mut self, probs: Tensor<2>, rows: usize) {
        let ([all, tokens], [height, width]) = (probs.dims(), self.size);
        let pixels = all / rows;
        let factor = (height * width / pixels).isqrt();
        let smaller = [height / factor, width / factor];
        assert_eq!(smaller[0] * smaller[1], pixels, "AttentionMaps: the layer's picture");
        let maps = probs.reshape([rows, pixels, tokens]).swap_dims(1, 2);
        let maps = enlarge(maps.reshape([rows, tokens, smaller[0], smaller[1]]), self.size);
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + maps,
            None => maps,
        });
        self.layers += 1;
    }

    /// The mean of all layers, `[rows, tokens, height, width]`; `None` where there was none.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a number of layers
    pub fn mean(self) -> Option<Tensor<4>> {
        self.sum.map(|sum| sum / self.layers as f64)
    }
}

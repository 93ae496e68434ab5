//! The residual block that U-Nets and autoencoders are built of.
//!
//! Reference: He et al., "Deep Residual Learning" (2015); the code that this agrees with is diffusers' `ResnetBlock2D`.
//!
//! ```text
//! input [rows, in, h, w] ► norm1 ► act ► (halve or double) ► conv1 ► + time ► norm2 ► act ► conv2 ► + ► / scale
//!       └──────────────────────────────► (halve or double) ► conv_shortcut ────────────────────────┘
//!
//! temb [rows, time_embed_dim] ► time_emb_proj ► time [rows, out]         `default`: added before norm2
//!                                             ► scale, shift [rows, out]  `scale_shift`: norm2 · (1 + scale) + shift
//! ```

use burn::tensor::Tensor;

use super::resample::{double, halve};
use super::{Bands, Conv2d, GroupNorm, Linear};
use crate::kernels::{Activation, Epilogue, activate};
use crate::weights::Parameters;

/// What the residual blocks of a network have in common.
#[derive(Debug, Clone, Copy)]
pub struct ResnetOptions {
    /// Size of a timestep's embedding; `None` in a network that has no timesteps.
    pub temb_channels: Option<usize>,
    /// Groups of both norms.
    pub groups: usize,
    /// What the norms add to the variance.
    pub eps: f64,
    /// The activation before each convolution.
    pub non_linearity: Activation,
    /// The timestep scales and shifts what is normed, and is not added to it.
    pub scale_shift: bool,
    /// What the sum is divided by.
    pub output_scale_factor: f64,
}

/// What a residual block does to a picture's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// It stays.
    Keep,
    /// Each four pixels become their mean.
    Halve,
    /// Each pixel becomes four.
    Double,
}

impl Resize {
    fn forward(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Keep => x,
            Self::Halve => halve(x),
            Self::Double => double(x),
        }
    }
}

/// Two convolutions around which a residual connection goes.
#[derive(Debug, Clone)]
pub struct ResnetBlock2D {
    norm1: GroupNorm,
    conv1: Conv2d,
    time_emb_proj: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv2d,
    /// Where the number of channels changes.
    conv_shortcut: Option<Conv2d>,
    resize: Resize,
    options: ResnetOptions,
}

impl ResnetBlock2D {
    /// A block for pictures of `inputs` channels, which become `outputs`.
    #[must_use]
    pub fn new(options: ResnetOptions, inputs: usize, outputs: usize, mut parameters: Parameters) -> Self {
        let ResnetOptions { temb_channels, groups, eps, scale_shift, .. } = options;
        let times = if scale_shift { 2 * outputs } else { outputs };
        Self {
            norm1: GroupNorm::new(parameters.within("norm1"), inputs, groups, eps),
            conv1: Conv2d::new(parameters.within("conv1"), inputs, outputs, 3),
            time_emb_proj: temb_channels
                .map(|channels| Linear::new(parameters.within("time_emb_proj"), channels, times)),
            norm2: GroupNorm::new(parameters.within("norm2"), outputs, groups, eps),
            conv2: Conv2d::new(parameters.within("conv2"), outputs, outputs, 3),
            conv_shortcut: (inputs != outputs)
                .then(|| Conv2d::new(parameters.within("conv_shortcut"), inputs, outputs, 1)),
            resize: Resize::Keep,
            options,
        }
    }

    /// The same that changes a picture's size as well.
    #[must_use]
    pub fn resizing(self, resize: Resize) -> Self {
        Self { resize, ..self }
    }

    /// `input [rows, inputs, height, width]` to `[rows, outputs, height', width']`. `temb [rows, temb_channels]` has been
    /// through the activation already, because that is the same for all blocks.
    ///
    /// # Panics
    /// When there is a `temb` and the block has no use for it, or the other way round.
    #[must_use]
    pub fn forward(&self, input: Tensor<4>, temb: Option<&Tensor<2>>) -> Tensor<4> {
        let ResnetOptions { non_linearity, scale_shift, output_scale_factor, .. } = self.options;
        let hidden = self.norm1.forward(&input, non_linearity);
        // Overwritten and not shadowed, since a decoder's pictures are large: each is gone once the next is there.
        let (input, mut hidden) = (self.resize.forward(input), self.resize.forward(hidden));
        assert_eq!(temb.is_some(), self.time_emb_proj.is_some(), "ResnetBlock2D: a timestep's embedding");
        let time = self.time_emb_proj.as_ref().zip(temb);
        let time = time.map(|(projection, temb)| projection.forward(temb, Activation::Identity));
        let (added, scaling) = if scale_shift { (None, time) } else { (time, None) };
        hidden = self.conv1.forward_with(&hidden, &Epilogue { per_channel: added, residual: None });
        hidden = match scaling {
            None => self.norm2.forward(&hidden, non_linearity),
            Some(time) => {
                let hidden = self.norm2.forward(&hidden, Activation::Identity);
                let time: Tensor<4> = time.unsqueeze_dims(&[2, 3]);
                let outputs = hidden.dims()[1];
                let (scale, shift) = (time.clone().narrow(1, 0, outputs), time.narrow(1, outputs, outputs));
                activate(hidden * (scale + 1.0) + shift, non_linearity)
            }
        };
        let input = match &self.conv_shortcut {
            Some(conv) => conv.forward(&input),
            None => input,
        };
        let sum = self.conv2.forward_with(&hidden, &Epilogue { per_channel: None, residual: Some(input) });
        rescale(sum, output_scale_factor)
    }

    /// The same over a picture in bands, for a block that has no timestep and keeps the size.
    ///
    /// # Panics
    /// When the block has a timestep.
    #[must_use]
    pub fn over(&self, input: Bands) -> Bands {
        let input = match input.into_whole() {
            Ok(whole) => return self.forward(whole, None).into(),
            Err(bands) => bands,
        };
        assert!(self.time_emb_proj.is_none() && self.resize == Resize::Keep, "ResnetBlock2D: bands");
        let ResnetOptions { non_linearity, output_scale_factor, .. } = self.options;
        let hidden = self.conv1.over(&input, self.norm1.over(&input, non_linearity));
        let hidden = self.conv2.over(&hidden, self.norm2.over(&hidden, non_linearity));
        input.zip(hidden, |input, hidden| {
            let input = match &self.conv_shortcut {
                Some(conv) => conv.forward(&input),
                None => input,
            };
            rescale(input + hidden, output_scale_factor)
        })
    }
}

/// `x / factor`
#[allow(clippy::float_cmp)] // the factor is 1 as it stands in the file, or it is another
pub(super) fn rescale(x: Tensor<4>, factor: f64) -> Tensor<4> {
    if factor == 1.0 { x } else { x / factor }
}

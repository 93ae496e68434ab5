//! The U-Net that finds the noise in a picture.
//!
//! Reference: Ho et al., "Denoising Diffusion Probabilistic Models" (2020), <https://arxiv.org/abs/2006.11239>; the code
//! that this agrees with is diffusers' `UNet2DModel`.
//!
//! ```text
//! timesteps [rows] ► time_proj ► time_embedding ► + class_embedding ► temb [rows, time_embed_dim]
//!
//! sample [rows, in_channels, h, w] ► conv_in ► down_blocks ► mid_block ► up_blocks ► conv_norm_out ► SiLU ► conv_out
//!                                    └ skips ───────┴──────────────────────┘         [rows, out_channels, h, w]
//! ```
//!
//! Every block on the way down halves the picture but the last, and every block on the way up doubles it but the last.

use burn::tensor::{Tensor, TensorData};

use super::blocks::{DownBlock, UNetMidBlock2D, UpBlock};
use super::config::Config;
use super::embeddings::{ClassCondition, ClassLabels, TimeProjection};
use super::kinds::TimeEmbedding;
use crate::kernels::{Activation, Format, activate};
use crate::nn::{Conv2d, GroupNorm, TimestepEmbedding};
use crate::weights::Parameters;

/// The whole network.
#[derive(Debug, Clone)]
pub struct UNet2DModel {
    time_proj: TimeProjection,
    time_embedding: TimestepEmbedding,
    class_embedding: ClassCondition,
    conv_in: Conv2d,
    down_blocks: Vec<DownBlock>,
    mid_block: Option<UNetMidBlock2D>,
    up_blocks: Vec<UpBlock>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
    config: Config,
}

impl UNet2DModel {
    /// The network of a checkpoint's tensors.
    #[must_use]
    pub fn new(config: &Config, parameters: &mut Parameters) -> Self {
        let (width, levels) = (config.block_out_channels[0], config.block_out_channels.len());
        let time_proj = TimeProjection::new(config, parameters.within("time_proj"));
        let (inputs, outputs) = (TimeProjection::outputs(config), config.time_embed_dim);
        let time_embedding = TimestepEmbedding::new(inputs, outputs, parameters.within("time_embedding"));
        let class_embedding = ClassCondition::new(config, parameters.within("class_embedding"));
        let mut within = parameters.within("down_blocks");
        let down_blocks = (0..levels).map(|n| DownBlock::new(config, n, within.within(n))).collect();
        let mut within = parameters.within("up_blocks");
        let up_blocks = (0..levels).map(|n| UpBlock::new(config, n, within.within(n))).collect();
        let mid = |block| UNetMidBlock2D::new(config, block, parameters.within("mid_block"));
        let mid_block = config.mid_block.map(mid);
        let (groups, eps) = (config.norm_num_groups, config.norm_eps);
        Self {
            time_proj,
            time_embedding,
            class_embedding,
            conv_in: Conv2d::new(parameters.within("conv_in").exact(), config.in_channels, width, 3),
            down_blocks,
            mid_block,
            up_blocks,
            conv_norm_out: GroupNorm::new(parameters.within("conv_norm_out"), width, groups, eps),
            conv_out: Conv2d::new(parameters.within("conv_out").exact(), width, config.out_channels, 3),
            config: config.clone(),
        }
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How the weights are kept; the two convolutions from and to a picture are exact in any case, which takes little memory
    /// and a third off what `q8` changes (`benches/README.md`).
    #[must_use]
    pub fn format(&self) -> Format {
        self.time_embedding.format()
    }

    /// What the model makes of `sample [rows, in_channels, height, width]`, of which each row is as noisy as its timestep
    /// says: `[rows, out_channels, height, width]`. Whether that is noise, a picture or a velocity is the scheduler's
    /// `prediction_type`.
    ///
    /// # Panics
    /// When [`Config::check_call`] would refuse it.
    #[must_use]
    pub fn forward(
        &self,
        sample: Tensor<4>,
        timesteps: &[f64],
        class_labels: Option<ClassLabels>,
    ) -> Tensor<4> {
        let (config, device) = (&self.config, sample.device());
        let emb = self.time_embedding.forward(&self.time_proj.forward(timesteps, &device));
        let emb = self.class_embedding.forward(emb, class_labels, &self.time_proj);
        let temb = activate(emb, config.act_fn);

        let sample = if config.center_input_sample { sample * 2.0 - 1.0 } else { sample };
        let mut x = self.conv_in.forward(&sample);
        let mut skips = vec![x.clone()];
        for block in &self.down_blocks {
            x = block.forward(x, &temb, &mut skips);
        }
        if let Some(block) = &self.mid_block {
            x = block.forward(x, &temb);
        }
        for block in &self.up_blocks {
            x = block.forward(x, &temb, &mut skips);
        }
        let x = self.conv_out.forward(&self.conv_norm_out.forward(&x, Activation::Silu));
        match config.time_embedding {
            TimeEmbedding::Positional { .. } => x,
            TimeEmbedding::Fourier => {
                #[allow(clippy::cast_possible_truncation)] // as diffusers has it
                let levels: Vec<f32> = timesteps.iter().map(|&timestep| timestep as f32).collect();
                x / Tensor::<4>::from_data(TensorData::new(levels, [timesteps.len(), 1, 1, 1]), &device)
            }
        }
    }
}

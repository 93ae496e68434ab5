//! The U-Net that finds the noise in a picture, or in the latents of one.
//!
//! Reference: Ho et al., "Denoising Diffusion Probabilistic Models" (2020), <https://arxiv.org/abs/2006.11239>, and
//! Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022),
//! <https://arxiv.org/abs/2112.10752>; the code that this agrees with is diffusers' `UNet2DModel` and
//! `UNet2DConditionModel`.
//!
//! ```text
//! timesteps [rows] ► time_proj ► time_embedding ► + class_embedding ► temb [rows, time_embed_dim]
//!         timestep_cond ─────────┘
//!
//! sample [rows, in_channels, h, w] ► conv_in ► down_blocks ► mid_block ► up_blocks ► conv_norm_out ► act ► conv_out
//!                                    └ skips ───────┴──────────────────────┘        [rows, out_channels, h, w]
//!                                    encoder_hidden_states [rows · tokens, cross_attention_dim] to all blocks
//! ```
//!
//! Every block on the way down halves the picture but the last, and every block on the way up doubles it but the last.

use burn::tensor::{Device, Tensor, TensorData};

use super::blocks::{DownBlock, UNetMidBlock2D, UpBlock};
use super::call::Conditioning;
use super::config::Config;
use super::embeddings::{ClassCondition, TimeProjection, timestep_embedding};
use super::kinds::TimeEmbedding;
use super::pass::Pass;
use crate::kernels::{Format, activate};
use crate::nn::{AttentionMaps, Conv2d, GroupNorm, TimestepEmbedding};
use crate::weights::Parameters;

/// The whole network.
#[derive(Debug, Clone)]
pub struct UNet {
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

impl UNet {
    /// The network of a checkpoint's tensors.
    #[must_use]
    pub fn new(config: &Config, parameters: &mut Parameters) -> Self {
        let (width, levels) = (config.block_out_channels[0], config.block_out_channels.len());
        let time_proj = TimeProjection::new(config, parameters.within("time_proj"));
        let time_embedding =
            TimestepEmbedding::new(timestep_embedding(config), parameters.within("time_embedding"));
        let class_embedding = ClassCondition::new(config, parameters.within("class_embedding"));
        let mut within = parameters.within("down_blocks");
        let down_blocks = (0..levels).map(|n| DownBlock::new(config, n, within.within(n))).collect();
        let mut within = parameters.within("up_blocks");
        let up_blocks = (0..levels).map(|n| UpBlock::new(config, n, within.within(n))).collect();
        let mid = |block| UNetMidBlock2D::new(config, block, parameters.within("mid_block"));
        let mid_block = config.mid_block.map(mid);
        let (groups, eps) = (config.norm_num_groups, config.norm_eps);
        let mut conv =
            |name, inputs, outputs, size| Conv2d::new(parameters.within(name).exact(), inputs, outputs, size);
        let conv_in = conv("conv_in", config.in_channels, width, config.conv_in_kernel);
        let conv_out = conv("conv_out", width, config.out_channels, config.conv_out_kernel);
        Self {
            time_proj,
            time_embedding,
            class_embedding,
            conv_in,
            down_blocks,
            mid_block,
            up_blocks,
            conv_norm_out: GroupNorm::new(parameters.within("conv_norm_out"), width, groups, eps),
            conv_out,
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
    pub fn forward(&self, sample: Tensor<4>, timesteps: &[f64], conditioning: &Conditioning) -> Tensor<4> {
        self.evaluate(sample, timesteps, conditioning, None).0
    }

    /// The same, and how much of each pixel's attention each token of the text gets: `[rows, tokens, height, width]`, the
    /// mean over the heads and over all layers that attend to the text. The maps of smaller sizes are enlarged to the
    /// sample's.
    ///
    /// # Panics
    /// When [`Config::check_call`] would refuse it, or the model has no text.
    #[must_use]
    pub fn forward_with_attentions(
        &self,
        sample: Tensor<4>,
        timesteps: &[f64],
        conditioning: &Conditioning,
    ) -> (Tensor<4>, Tensor<4>) {
        let [_, _, height, width] = sample.dims();
        let maps = AttentionMaps::new([height, width]);
        let (output, maps) = self.evaluate(sample, timesteps, conditioning, Some(maps));
        (output, maps.and_then(AttentionMaps::mean).expect("UNet: the model has no text to attend to"))
    }

    fn evaluate(
        &self,
        sample: Tensor<4>,
        timesteps: &[f64],
        conditioning: &Conditioning,
        maps: Option<AttentionMaps>,
    ) -> (Tensor<4>, Option<AttentionMaps>) {
        let temb = self.embed(timesteps, conditioning, &sample.device());
        let (x, maps) = self.blocks(sample, temb, conditioning.encoder_hidden_states, maps);
        (self.output(x, timesteps), maps)
    }

    /// The timesteps, and what else conditions the model but a text, as the [blocks](Self::blocks) take them:
    /// `[rows, time_embed_dim]`.
    pub(in crate::diffusion) fn embed(
        &self,
        timesteps: &[f64],
        conditioning: &Conditioning,
        device: &Device,
    ) -> Tensor<2> {
        let Conditioning { class_labels, timestep_cond, .. } = *conditioning;
        let emb = self.time_embedding.forward(self.time_proj.forward(timesteps, device), timestep_cond);
        let emb = self.class_embedding.forward(emb, class_labels, &self.time_proj);
        activate(activate(emb, self.config.time_embedding_act_fn), self.config.act_fn)
    }

    /// All from `conv_in` to `conv_out`. Nothing here depends on numbers that a GPU does not have, so that its launches can be
    /// [recorded](crate::kernels::Recording).
    pub(in crate::diffusion) fn blocks(
        &self,
        sample: Tensor<4>,
        temb: Tensor<2>,
        encoder_hidden_states: Option<&Tensor<2>>,
        maps: Option<AttentionMaps>,
    ) -> (Tensor<4>, Option<AttentionMaps>) {
        let config = &self.config;
        let mut pass = Pass { temb, encoder_hidden_states, skips: Vec::new(), maps };
        let sample = if config.center_input_sample { sample * 2.0 - 1.0 } else { sample };
        let mut x = self.conv_in.forward(&sample);
        pass.skips.push(x.clone());
        for block in &self.down_blocks {
            x = block.forward(x, &mut pass);
        }
        if let Some(block) = &self.mid_block {
            x = block.forward(x, &mut pass);
        }
        for block in &self.up_blocks {
            x = block.forward(x, &mut pass);
        }
        let x = self.conv_out.forward(&self.conv_norm_out.forward(&x, config.outer_act_fn));
        (x, pass.maps)
    }

    /// What the blocks give, at the scale of the noise where timesteps are its levels.
    pub(in crate::diffusion) fn output(&self, x: Tensor<4>, timesteps: &[f64]) -> Tensor<4> {
        match self.config.time_embedding {
            TimeEmbedding::Positional { .. } => x,
            TimeEmbedding::Fourier => {
                #[allow(clippy::cast_possible_truncation)] // as diffusers has it
                let levels: Vec<f32> = timesteps.iter().map(|&timestep| timestep as f32).collect();
                let levels = TensorData::new(levels, [timesteps.len(), 1, 1, 1]);
                x.clone() / Tensor::<4>::from_data(levels, &x.device())
            }
        }
    }
}

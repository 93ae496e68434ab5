//! The GPU launches of an evaluation of the U-Net: recorded once, then replayed for those that follow in a run.
//!
//! On a real GPU, launching a kernel through Burn takes longer than many a kernel takes, and a U-Net has up to a thousand
//! of them. They are the same in every step: the sample and the embedded timestep are copied to where they are read.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::unet::{Conditioning, UNet};
use crate::kernels::{Recording, copy, copy_into};

/// How the next evaluation's launches are made.
#[derive(Debug, Default)]
pub enum Replay {
    /// Through Burn, since perhaps no other follows.
    #[default]
    First,
    /// Through Burn, and recorded: once another has followed, more are likely to.
    Second,
    /// By a replay.
    Recorded(Box<Recorded>),
}

/// Recorded launches, and all that they read.
#[derive(Debug)]
pub struct Recorded {
    recording: Recording<4>,
    sample: Tensor<4>,
    temb: Tensor<2>,
    _network_and_text: (Arc<UNet>, Option<Tensor<2>>),
}

impl Replay {
    /// [`UNet::forward`] of `sample [rows, in_channels, height, width]`, in memory of its own.
    ///
    /// The network, the shapes and the text must be the same in every call. For others, begin with a new `Replay`.
    pub fn forward(
        &mut self,
        network: &Arc<UNet>,
        sample: &Tensor<4>,
        timesteps: &[f64],
        conditioning: &Conditioning,
    ) -> Tensor<4> {
        let device = sample.device();
        let temb = network.embed(timesteps, conditioning, &device);
        let text = conditioning.encoder_hidden_states;
        let blocks =
            |sample: &Tensor<4>, temb: &Tensor<2>| network.blocks(sample.clone(), temb.clone(), text, None).0;
        let x = match self {
            Self::Recorded(recorded) => {
                copy_into(sample, &mut recorded.sample);
                copy_into(&temb, &mut recorded.temb);
                // SAFETY: the launches read the sample, the timestep, the text and the network, and `recorded` has them all.
                copy(&unsafe { recorded.recording.replay() })
            }
            Self::First => {
                *self = Self::Second;
                blocks(sample, &temb)
            }
            Self::Second => {
                let (sample, temb) = (copy(sample), copy(&temb));
                let [rows, _, height, width] = sample.dims();
                let shape = [rows, network.config().out_channels, height, width];
                let (x, recording) = Recording::of(shape, &device, || blocks(&sample, &temb));
                if let Some(recording) = recording {
                    *self = Self::Recorded(Box::new(Recorded {
                        recording,
                        sample,
                        temb,
                        _network_and_text: (network.clone(), text.cloned()),
                    }));
                }
                x
            }
        };
        network.output(x, timesteps)
    }
}

//! The GPU launches of one more token a row: recorded once, then replayed for every token that follows.
//!
//! On a real GPU, launching a kernel through Burn takes longer than most kernels of a token run. But the launches are the
//! same for every token: ids and positions are in buffers, and the keys and values are written in place.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::input::Input;
use super::model::Gpt2;
use crate::kernels::{KeyValues, Recording};

/// How the next token's launches are made.
#[derive(Debug, Default)]
pub(super) enum Replay {
    /// Through Burn, since perhaps no other token follows.
    #[default]
    First,
    /// Through Burn, and recorded: once a token has followed, more are likely to.
    Second,
    /// By a replay.
    Recorded(Box<Recorded>),
}

/// Recorded launches, and all that they read except for the keys and values.
#[derive(Debug)]
pub(super) struct Recorded {
    network: Arc<Gpt2>,
    input: Input,
    recording: Recording<2>,
}

impl Replay {
    /// The logits `[rows, vocab_size]` after `token_ids`, one for each row, all at `position`.
    ///
    /// `layers` must be the same tensors in every call. After replacing them, begin with a new `Replay`.
    pub fn logits(
        &mut self,
        network: &Arc<Gpt2>,
        token_ids: &[Vec<u32>],
        position: usize,
        layers: &mut [KeyValues],
    ) -> Tensor<2> {
        let device = network.device();
        let mut run = |input: &Input| network.logits(&network.hidden(input, layers));
        match self {
            Self::Recorded(recorded) if Arc::ptr_eq(&recorded.network, network) => {
                recorded.input.write(token_ids, position);
                // SAFETY: the launches read the network and the input, which are here, and the keys and values, which the
                // cache has: it forgets the recording when it replaces them.
                unsafe { recorded.recording.replay() }
            }
            Self::First => {
                *self = Self::Second;
                run(&Input::new(token_ids, position, &device))
            }
            Self::Second | Self::Recorded(_) => {
                let input = Input::new(token_ids, position, &device);
                let shape = [token_ids.len(), network.vocab_size()];
                let (logits, recording) = Recording::of(shape, &device, || run(&input));
                if let Some(recording) = recording {
                    let network = network.clone();
                    *self = Self::Recorded(Box::new(Recorded { network, input, recording }));
                }
                logits
            }
        }
    }
}

//! What a run says about each of its steps, and in the end.

use super::call::PreviewKind;

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Counts the steps of this call from 0.
    pub step_index: usize,
    /// How many steps there are in all.
    pub num_steps: usize,
    /// The timestep that the network was given.
    pub timestep: f64,
    /// Pictures `[count, channels, height, width]` of each kind that was asked for, in that order.
    pub previews: Vec<(PreviewKind, Vec<f32>)>,
    /// If asked for, how much each place of a picture's sample attends to each word of its prompt: for one picture after
    /// the other, `[words, height, width]` of the sample.
    pub attentions: Option<Vec<f32>>,
}

/// Finished pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Pictures {
    /// `[count, channels, height, width]`, of which -1 is dark and 1 is light.
    pub pixels: Vec<f32>,
    /// `[count, channels, height, width]` of samples: the noise each was made from.
    pub latents: Vec<f32>,
    /// The same without noise: what the pictures were decoded from.
    pub samples: Vec<f32>,
    /// `[count]`: the class of each, unless the model has none or none was used.
    pub class_labels: Option<Vec<u32>>,
}

/// What a step returns.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A step is done.
    Step(Progress),
    /// All steps are done.
    Complete(Pictures),
}

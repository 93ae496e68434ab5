//! The steps of a schedule in the order in which a run takes them.

use std::ops::Range;

/// A step of the schedule that a run takes, some of them more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    pub step_index: usize,
    /// The earlier step that the run goes back to after this one, instead of on to the next.
    pub back_to: Option<usize>,
}

impl Visit {
    /// Each step once, one after the other.
    pub fn each(steps: Range<usize>) -> Vec<Self> {
        steps.map(|step_index| Self { step_index, back_to: None }).collect()
    }
}

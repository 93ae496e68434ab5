//! What the network is conditioned on, besides the sample and its timestep.

use std::ops::Range;

use super::unet::{ClassLabels, Conditioning};

/// What the network is conditioned on: the same kind of thing for each row of a batch.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Nothing.
    None,
    /// A class for each row.
    Classes {
        labels: Vec<u32>,
        /// The class that means no class, which a model learns for guidance.
        none: Option<u32>,
    },
}

impl Condition {
    /// The same number of rows without a condition, for guidance; `None` where the network has not learned to do without.
    pub fn without(&self) -> Option<Self> {
        match self {
            Self::Classes { labels, none: none @ Some(class) } => {
                Some(Self::Classes { labels: vec![*class; labels.len()], none: *none })
            }
            Self::None | Self::Classes { none: None, .. } => None,
        }
    }

    /// These rows followed by those of another condition of the same kind.
    pub fn followed_by(mut self, other: Self) -> Self {
        if let (Self::Classes { labels, .. }, Self::Classes { labels: more, .. }) = (&mut self, other) {
            labels.extend(more);
        }
        self
    }

    /// Some of the rows, as the network takes them.
    pub fn rows(&self, rows: Range<usize>) -> Conditioning<'_> {
        Conditioning::classes(match self {
            Self::None => None,
            Self::Classes { labels, .. } => Some(ClassLabels::Indices(&labels[rows])),
        })
    }

    /// The class of each row, unless it has none.
    pub fn class_labels(&self) -> Option<&[u32]> {
        match self {
            Self::None => None,
            Self::Classes { labels, .. } => Some(labels),
        }
    }
}

//! What the network goes by, besides the sample and its timestep.

use std::ops::Range;

use super::unet::ClassLabels;

/// What the network goes by: for each row of a batch the same kind of thing.
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
    /// As many rows without a condition, for guidance; `None` where the network has not learned to do without.
    pub fn without(&self) -> Option<Self> {
        match self {
            Self::Classes { labels, none: none @ Some(class) } => {
                Some(Self::Classes { labels: vec![*class; labels.len()], none: *none })
            }
            Self::None | Self::Classes { none: None, .. } => None,
        }
    }

    /// These rows, and those of another condition of the same kind after them.
    pub fn followed_by(mut self, other: Self) -> Self {
        if let (Self::Classes { labels, .. }, Self::Classes { labels: more, .. }) = (&mut self, other) {
            labels.extend(more);
        }
        self
    }

    /// Some of the rows, as the network takes them.
    pub fn rows(&self, rows: Range<usize>) -> Option<ClassLabels<'_>> {
        match self {
            Self::None => None,
            Self::Classes { labels, .. } => Some(ClassLabels::Indices(&labels[rows])),
        }
    }

    /// The class of each row, unless it has none.
    pub fn class_labels(&self) -> Option<&[u32]> {
        match self {
            Self::None => None,
            Self::Classes { labels, .. } => Some(labels),
        }
    }
}

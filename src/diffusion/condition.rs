//! What the network is conditioned on, besides the sample and its timestep.

use std::ops::Range;

use burn::tensor::Tensor;

use super::unet::{ClassLabels, Conditioning};

/// What the network is conditioned on: the same kind of thing for each row of a batch.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Nothing.
    None,
    /// A class for each row.
    Classes {
        labels: Vec<u32>,
        /// The class that means no class, which a model learns for guidance.
        none: Option<u32>,
    },
    /// A text for each row.
    Text(Box<TextCondition>),
}

/// A text for each row.
#[derive(Debug, Clone)]
pub struct TextCondition {
    /// Tokens of a text.
    pub tokens: usize,
    /// `[rows · tokens, hidden_size]`
    pub embeddings: Tensor<2>,
    /// The same for the texts that say what the pictures are not of, for guidance.
    pub without: Option<Tensor<2>>,
    /// `[rows, time_cond_proj_dim]`: how far to go, where the network itself is told.
    pub timestep_cond: Option<Tensor<2>>,
}

impl TextCondition {
    /// The texts of guidance in place of the others.
    fn without(&self) -> Option<Self> {
        Some(Self { embeddings: self.without.clone()?, without: None, ..self.clone() })
    }

    fn followed_by(&mut self, other: Self) {
        self.embeddings = Tensor::cat(vec![self.embeddings.clone(), other.embeddings], 0);
        let both = self.timestep_cond.take().zip(other.timestep_cond);
        self.timestep_cond = both.map(|(cond, more)| Tensor::cat(vec![cond, more], 0));
    }

    fn rows(&self, rows: &Range<usize>) -> Self {
        let (tokens, start, count) = (self.tokens, rows.start, rows.len());
        Self {
            tokens,
            embeddings: self.embeddings.clone().narrow(0, start * tokens, count * tokens),
            without: None,
            timestep_cond: self.timestep_cond.clone().map(|cond| cond.narrow(0, start, count)),
        }
    }
}

impl Condition {
    /// The same number of rows without a condition, for guidance; `None` where the network has not learned to do without.
    pub fn without(&self) -> Option<Self> {
        match self {
            Self::Classes { labels, none: none @ Some(class) } => {
                Some(Self::Classes { labels: vec![*class; labels.len()], none: *none })
            }
            Self::Text(text) => text.without().map(|text| Self::Text(Box::new(text))),
            Self::None | Self::Classes { none: None, .. } => None,
        }
    }

    /// These rows followed by those of another condition of the same kind.
    pub fn followed_by(mut self, other: Self) -> Self {
        match (&mut self, other) {
            (Self::Classes { labels, .. }, Self::Classes { labels: more, .. }) => labels.extend(more),
            (Self::Text(text), Self::Text(more)) => text.followed_by(*more),
            _ => {}
        }
        self
    }

    /// Some of the rows.
    pub fn rows(&self, rows: Range<usize>) -> Self {
        match self {
            Self::None => Self::None,
            Self::Classes { labels, none } => Self::Classes { labels: labels[rows].to_vec(), none: *none },
            Self::Text(text) => Self::Text(Box::new(text.rows(&rows))),
        }
    }

    /// As the network takes it.
    pub fn conditioning(&self) -> Conditioning<'_> {
        match self {
            Self::None => Conditioning::default(),
            Self::Classes { labels, .. } => {
                Conditioning { class_labels: Some(ClassLabels::Indices(labels)), ..Conditioning::default() }
            }
            Self::Text(text) => Conditioning {
                encoder_hidden_states: Some(&text.embeddings),
                timestep_cond: text.timestep_cond.as_ref(),
                ..Conditioning::default()
            },
        }
    }

    /// The class of each row, unless it has none.
    pub fn class_labels(&self) -> Option<&[u32]> {
        match self {
            Self::Classes { labels, .. } => Some(labels),
            Self::None | Self::Text(_) => None,
        }
    }
}

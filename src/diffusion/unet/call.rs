//! What a U-Net can be called with.

use burn::tensor::Tensor;

use super::config::Config;
use super::embeddings::ClassLabels;
use super::kinds::{ClassEmbedding, TimeEmbedding};
use crate::error::{Error, Result};

/// What a U-Net goes by besides the sample and its timestep: what its configuration asks for, and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditioning<'a> {
    /// A class for each row.
    pub class_labels: Option<ClassLabels<'a>>,
    /// A text for each row: `[rows · tokens, cross_attention_dim]`.
    pub encoder_hidden_states: Option<&'a Tensor<2>>,
    /// What is embedded with each row's timestep: `[rows, time_cond_proj_dim]`. A model that has a place for it does
    /// without as well.
    pub timestep_cond: Option<&'a Tensor<2>>,
}

impl<'a> Conditioning<'a> {
    /// Nothing but classes.
    #[must_use]
    pub fn classes(class_labels: Option<ClassLabels<'a>>) -> Self {
        Self { class_labels, ..Self::default() }
    }
}

impl Config {
    /// Checks what [`UNet::forward`](super::UNet::forward) is to be called with: a sample of this shape, a timestep for each
    /// of its rows, and what conditions the model.
    ///
    /// # Errors
    /// `invalid-option`, saying what does not fit.
    pub fn check_call(
        &self,
        [rows, channels, height, width]: [usize; 4],
        timesteps: &[f64],
        conditioning: &Conditioning,
    ) -> Result<()> {
        if channels != self.in_channels {
            return refused(format!("a sample of {channels} channels; the model takes {}", self.in_channels));
        }
        let factor = self.size_factor();
        if [height, width].iter().any(|&size| size == 0 || !size.is_multiple_of(factor)) {
            return refused(format!(
                "a picture of {height} × {width}; both must be multiples of {factor} for this model"
            ));
        }
        let positive = self.time_embedding == TimeEmbedding::Fourier;
        let is_valid = |timestep: f64| timestep.is_finite() && (timestep > 0.0 || !positive);
        if rows == 0 || timesteps.len() != rows || !timesteps.iter().all(|&timestep| is_valid(timestep)) {
            let which = if positive { "numbers above 0" } else { "finite numbers" };
            return refused(format!(
                "timesteps {timesteps:?} for {rows} rows; there must be one for each, and they must be {which}"
            ));
        }
        let Conditioning { class_labels, encoder_hidden_states, timestep_cond } = conditioning;
        self.check_labels(rows, class_labels.as_ref())?;
        self.check_text(rows, encoder_hidden_states.map(Tensor::dims))?;
        self.check_timestep_cond(rows, timestep_cond.map(Tensor::dims))
    }

    fn check_text(&self, rows: usize, text: Option<[usize; 2]>) -> Result<()> {
        let fits =
            |[tokens, width]: [usize; 2], dim| width == dim && tokens > 0 && tokens.is_multiple_of(rows);
        match (self.cross_attention_dim, text) {
            (None, Some(_)) => refused("a text, and the model has no use for one"),
            (Some(_), None) => refused("no text, and the model needs one for each row"),
            (Some(dim), Some(shape)) if !fits(shape, dim) => refused(format!(
                "a text of shape {shape:?}; for {rows} rows it must be [{rows} · tokens, {dim}]"
            )),
            _ => Ok(()),
        }
    }

    fn check_timestep_cond(&self, rows: usize, shape: Option<[usize; 2]>) -> Result<()> {
        match (self.time_cond_proj_dim, shape) {
            (None, Some(_)) => refused("timestep_cond, and the model has no use for it"),
            (Some(dim), Some(shape)) if shape != [rows, dim] => {
                refused(format!("timestep_cond of shape {shape:?}; it must be {:?}", [rows, dim]))
            }
            _ => Ok(()),
        }
    }

    fn check_labels(&self, rows: usize, class_labels: Option<&ClassLabels>) -> Result<()> {
        let least = u32::from(self.time_embedding == TimeEmbedding::Fourier);
        let what = match (self.class_embedding, class_labels) {
            (ClassEmbedding::None, None) => return Ok(()),
            (ClassEmbedding::None, Some(_)) => return refused("class labels, and the model has no classes"),
            (_, None) => return refused("no class labels, and the model needs one for each row"),
            (ClassEmbedding::Identity, Some(ClassLabels::Embeddings(embeddings))) => {
                let (got, wanted) = (embeddings.dims(), [rows, self.time_embed_dim]);
                (got != wanted).then(|| format!("class embeddings of shape {got:?}; it must be {wanted:?}"))
            }
            (ClassEmbedding::Identity, Some(_)) => {
                return refused("class labels are numbers; this model takes embeddings");
            }
            (_, Some(ClassLabels::Embeddings(_))) => {
                return refused("class labels are embeddings; this model takes numbers");
            }
            (_, Some(ClassLabels::Indices(labels))) if labels.len() != rows => {
                Some(format!("{} class labels for {rows} rows; there must be one for each", labels.len()))
            }
            (ClassEmbedding::Table(classes), Some(ClassLabels::Indices(labels))) => {
                let beyond = labels.iter().find(|&&label| label as usize >= classes);
                beyond.map(|label| format!("class {label}; the model has classes 0 to {}", classes - 1))
            }
            (ClassEmbedding::Timestep, Some(ClassLabels::Indices(labels))) => {
                let beyond = labels.iter().find(|&&label| label < least);
                beyond.map(|label| format!("class label {label}; this model takes numbers from {least} on"))
            }
        };
        what.map_or(Ok(()), refused)
    }
}

fn refused(what: impl Into<String>) -> Result<()> {
    Err(Error::InvalidOption(what.into()))
}

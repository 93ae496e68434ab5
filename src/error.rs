//! The one error type of Hearth. Each variant has a stable `code` that JavaScript sees.

use std::fmt;

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. The message says what was got and what would work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The asked-for device cannot be used on this machine.
    DeviceUnavailable(String),
    /// The GPU device disappeared while in use.
    DeviceLost(String),
    /// A weight file ended before the bytes that its header promises.
    WeightsTruncated(String),
    /// A weight file is damaged, or is not a safetensors file at all.
    WeightsInvalid(String),
    /// A valid weight file that does not fit the model's configuration.
    WeightsMismatch(String),
    /// A configuration that asks for something Hearth does not do.
    UnsupportedModel(String),
    /// An option that is unknown, out of range, or contradicts another.
    InvalidOption(String),
    /// Pictures that a model cannot be trained with.
    DataInvalid(String),
    /// A training whose networks give no finite numbers any more.
    TrainingDiverged(String),
    /// A prompt that leaves no room in the model's context.
    PromptTooLong(String),
    /// Something that should never happen; the message is for a bug report.
    Internal(String),
}

impl Error {
    /// The stable name of this kind of error, as the documents list it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::DeviceUnavailable(_) => "device-unavailable",
            Self::DeviceLost(_) => "device-lost",
            Self::WeightsTruncated(_) => "weights-truncated",
            Self::WeightsInvalid(_) => "weights-invalid",
            Self::WeightsMismatch(_) => "weights-mismatch",
            Self::UnsupportedModel(_) => "unsupported-model",
            Self::InvalidOption(_) => "invalid-option",
            Self::DataInvalid(_) => "data-invalid",
            Self::TrainingDiverged(_) => "training-diverged",
            Self::PromptTooLong(_) => "prompt-too-long",
            Self::Internal(_) => "internal",
        }
    }

    /// What was got and what would work, in one or two sentences.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::DeviceUnavailable(message)
            | Self::DeviceLost(message)
            | Self::WeightsTruncated(message)
            | Self::WeightsInvalid(message)
            | Self::WeightsMismatch(message)
            | Self::UnsupportedModel(message)
            | Self::InvalidOption(message)
            | Self::DataInvalid(message)
            | Self::TrainingDiverged(message)
            | Self::PromptTooLong(message)
            | Self::Internal(message) => message,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code(), self.message())
    }
}

impl std::error::Error for Error {}

/// What another library says of a text, which may quote all of it: a message of a sensible length.
#[must_use]
pub fn shortened(what: &dyn fmt::Display) -> String {
    let (begin, end) = (300, 100);
    let text = what.to_string();
    let count = text.chars().count();
    if count <= begin + end {
        return text;
    }
    let first: String = text.chars().take(begin).collect();
    let last: String = text.chars().skip(count - end).collect();
    format!("{first} … {last}")
}

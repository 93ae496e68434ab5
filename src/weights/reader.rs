//! A safetensors file read as a stream: bytes go in as they come, whole tensors come out.
//!
//! Nothing is kept but the header and the one tensor that is being filled, so a download never stands
//! whole in memory. The reader does no input or output of its own: whoever has bytes pushes them.

use half::{bf16, f16};
use sha2::{Digest, Sha256};

use super::header::{Dtype, Header, PREFIX_LEN, TensorInfo};
use crate::error::{Error, Result};

/// Takes what a [`Reader`] has read.
pub trait Sink {
    /// The header has come; nothing else has. An error here saves the rest of the download.
    ///
    /// # Errors
    /// Whatever makes the file unfit.
    fn header(&mut self, header: &Header) -> Result<()>;

    /// Whether this tensor is of any use; one that is not is neither decoded nor kept.
    fn wants(&self, _info: &TensorInfo) -> bool {
        true
    }

    /// One tensor is complete, in row-major order.
    ///
    /// # Errors
    /// Whatever makes the tensor unfit.
    fn tensor(&mut self, info: &TensorInfo, values: Vec<f32>) -> Result<()>;
}

/// Reads one file.
#[derive(Debug)]
pub struct Reader {
    stage: Stage,
    received: u64,
    hash: Option<(Sha256, String)>,
}

#[derive(Debug)]
enum Stage {
    /// Collecting the header's length.
    Prefix(Vec<u8>),
    /// Collecting the header.
    Header { json: Vec<u8>, len: usize },
    /// Filling the tensor at `index`.
    Tensor { header: Header, index: usize, decoder: Decoder },
    /// Passing over the tensor at `index`, of which this many bytes are to come.
    Skip { header: Header, index: usize, left: u64 },
    /// All tensors have come.
    Complete { file_len: u64 },
}

impl Reader {
    /// A reader at the beginning of a file, which must have this SHA-256 (in hexadecimal) if one is given.
    #[must_use]
    pub fn new(sha256: Option<String>) -> Self {
        Self {
            stage: Stage::Prefix(Vec::with_capacity(PREFIX_LEN)),
            received: 0,
            hash: sha256.map(|expected| (Sha256::new(), expected)),
        }
    }

    /// The length of the whole file in bytes, once its header has come.
    #[must_use]
    pub fn file_len(&self) -> Option<u64> {
        match &self.stage {
            Stage::Prefix(_) | Stage::Header { .. } => None,
            Stage::Tensor { header, .. } | Stage::Skip { header, .. } => Some(header.file_len()),
            Stage::Complete { file_len } => Some(*file_len),
        }
    }

    /// Takes the next bytes of the file, however many there are.
    ///
    /// # Errors
    /// `weights-invalid` when they cannot be part of a safetensors file, and the sink's own errors.
    /// After an error the reader must not be used any more.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut impl Sink) -> Result<()> {
        self.received += bytes.len() as u64;
        if let Some((hash, _)) = &mut self.hash {
            hash.update(bytes);
        }
        while !bytes.is_empty() {
            bytes = self.consume(bytes, sink)?;
        }
        Ok(())
    }

    /// Says that no more bytes come.
    ///
    /// # Errors
    /// `weights-truncated` when some are missing, `weights-invalid` when the hash is wrong.
    pub fn finish(self) -> Result<()> {
        let Stage::Complete { .. } = self.stage else {
            let of = self.file_len().map_or(String::new(), |len| format!(" of {len}"));
            return Err(Error::WeightsTruncated(format!("the file ended after {}{of} bytes", self.received)));
        };
        if let Some((hash, expected)) = self.hash {
            let actual = format!("{:x}", hash.finalize());
            if actual != expected {
                return Err(Error::WeightsInvalid(format!(
                    "the file's SHA-256 is {actual}, and should be {expected}"
                )));
            }
        }
        Ok(())
    }

    /// Takes what the current stage needs and returns the rest.
    fn consume<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> Result<&'a [u8]> {
        match &mut self.stage {
            Stage::Prefix(prefix) => {
                let rest = fill(prefix, PREFIX_LEN, bytes);
                if let Ok(complete) = <[u8; PREFIX_LEN]>::try_from(prefix.as_slice()) {
                    let len = Header::len_from_prefix(complete)?;
                    let len = usize::try_from(len)
                        .map_err(|_| Error::WeightsInvalid(format!("a header of {len} bytes")))?;
                    self.stage = Stage::Header { json: Vec::new(), len };
                }
                Ok(rest)
            }
            Stage::Header { json, len } => {
                let rest = fill(json, *len, bytes);
                if json.len() == *len {
                    let header = Header::parse(json)?;
                    sink.header(&header)?;
                    self.stage = next_tensor(header, 0, sink)?;
                }
                Ok(rest)
            }
            Stage::Tensor { header, index, decoder } => {
                let rest = decoder.push(bytes);
                if decoder.is_complete() {
                    let values = std::mem::take(&mut decoder.values);
                    if let Some(info) = header.tensors.get(*index) {
                        sink.tensor(info, values)?;
                    }
                    let header = std::mem::replace(header, Header { len: 0, tensors: Vec::new() });
                    self.stage = next_tensor(header, *index + 1, sink)?;
                }
                Ok(rest)
            }
            Stage::Skip { header, index, left } => {
                let taken = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= taken as u64;
                if *left == 0 {
                    let header = std::mem::replace(header, Header { len: 0, tensors: Vec::new() });
                    self.stage = next_tensor(header, *index + 1, sink)?;
                }
                Ok(&bytes[taken..])
            }
            Stage::Complete { file_len } => Err(Error::WeightsInvalid(format!(
                "{} bytes came, and the header describes a file of {file_len}",
                self.received
            ))),
        }
    }
}

/// The stage that fills the first tensor from `index` on that has any bytes; empty ones are done at once.
fn next_tensor(header: Header, mut index: usize, sink: &mut impl Sink) -> Result<Stage> {
    while let Some(info) = header.tensors.get(index) {
        match (sink.wants(info), info.byte_len) {
            (true, 0) => sink.tensor(info, Vec::new())?,
            (false, 0) => {}
            (true, _) => {
                let decoder = Decoder::new(info)?;
                return Ok(Stage::Tensor { header, index, decoder });
            }
            (false, left) => return Ok(Stage::Skip { header, index, left }),
        }
        index += 1;
    }
    Ok(Stage::Complete { file_len: header.file_len() })
}

/// Moves bytes into `buffer` until it holds `len`, and returns those left over.
fn fill<'a>(buffer: &mut Vec<u8>, len: usize, bytes: &'a [u8]) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(bytes.len().min(len - buffer.len()));
    buffer.extend_from_slice(taken);
    rest
}

/// Turns a tensor's bytes into `f32`, whatever the sizes of the pieces they come in.
#[derive(Debug)]
struct Decoder {
    decode: fn(&[u8], &mut Vec<f32>),
    width: usize,
    values: Vec<f32>,
    count: usize,
    /// The first bytes of an element whose others have not come.
    partial: Vec<u8>,
}

impl Decoder {
    fn new(info: &TensorInfo) -> Result<Self> {
        let decode: fn(&[u8], &mut Vec<f32>) = match info.dtype {
            #[allow(clippy::cast_possible_truncation)] // nothing here has more digits
            Dtype::F64 => |bytes, out| out.extend(elements(bytes).map(|x| f64::from_le_bytes(x) as f32)),
            Dtype::F32 => |bytes, out| out.extend(elements(bytes).map(f32::from_le_bytes)),
            Dtype::F16 => |bytes, out| out.extend(elements(bytes).map(|x| f16::from_le_bytes(x).to_f32())),
            Dtype::BF16 => |bytes, out| out.extend(elements(bytes).map(|x| bf16::from_le_bytes(x).to_f32())),
            other => {
                let what = format!("tensor {:?} {}", info.name, other.refusal());
                return Err(Error::WeightsMismatch(what));
            }
        };
        let too_large = || {
            Error::WeightsInvalid(format!(
                "tensor {:?} of shape {:?} does not fit in memory",
                info.name, info.shape
            ))
        };
        let count = usize::try_from(info.byte_len / info.dtype.size()).map_err(|_| too_large())?;
        let mut values = Vec::new();
        values.try_reserve_exact(count).map_err(|_| too_large())?;
        #[allow(clippy::cast_possible_truncation)] // at most 8
        let width = info.dtype.size() as usize;
        Ok(Self { decode, width, values, count, partial: Vec::with_capacity(width) })
    }

    fn is_complete(&self) -> bool {
        self.values.len() == self.count
    }

    /// Decodes what belongs to this tensor and returns the rest.
    fn push<'a>(&mut self, mut bytes: &'a [u8]) -> &'a [u8] {
        if !self.partial.is_empty() {
            bytes = fill(&mut self.partial, self.width, bytes);
            if self.partial.len() < self.width {
                return bytes;
            }
            (self.decode)(&self.partial, &mut self.values);
            self.partial.clear();
        }
        let missing = (self.count - self.values.len()).saturating_mul(self.width);
        let (mine, rest) = bytes.split_at(bytes.len().min(missing));
        let (whole, partial) = mine.split_at(mine.len() - mine.len() % self.width);
        (self.decode)(whole, &mut self.values);
        self.partial.extend_from_slice(partial);
        rest
    }
}

fn elements<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

//! A training as a safetensors file: the networks under the names that PyTorch and [`Pipeline`](crate::gan::Pipeline) know, Adam's
//! moments beside them, and where the training is in the file's metadata.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::network::{Network, Parameter};
use crate::error::{Error, Result};
use crate::readback;
use crate::weights::{Header, PREFIX_LEN, Reader, Sink, TensorInfo, Written, to_safetensors};

/// The key of the metadata.
const KEY: &str = "gan-training";

/// What PyTorch's Adam calls the moments.
const MOMENTS: [&str; 2] = ["exp_avg", "exp_avg_sq"];

/// Where a training is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step_index: u64,
    /// Real pictures seen.
    pub drawn: u64,
    /// Steps of Adam, the generator's and the discriminator's.
    pub adam_steps: [u64; 2],
    /// What everything is drawn from.
    pub seed: u64,
    /// All options, as JSON.
    #[serde(default)]
    pub options: Map<String, Value>,
}

/// The networks under their names in the file.
const NETWORKS: [&str; 2] = ["generator", "discriminator"];

/// Whether the file has a parameter the other way round.
fn is_transposed(name: &str) -> bool {
    name.starts_with("main.") && name.ends_with(".weight")
}

/// The tensors of a parameter under their names in the file.
fn tensors_of(network: &str, parameter: &Parameter) -> [(String, Tensor<2>); 3] {
    let name = format!("{network}.{}", parameter.name);
    let [first, second] = MOMENTS.map(|moment| format!("optimizer.{name}.{moment}"));
    let is_transposed = is_transposed(&parameter.name);
    let [value, mean, square] = [&parameter.value, &parameter.moments[0], &parameter.moments[1]]
        .map(|tensor| if is_transposed { tensor.clone().transpose() } else { tensor.clone() });
    [(name, value), (first, mean), (second, square)]
}

/// The file.
///
/// # Errors
/// `device-lost`.
pub async fn save(networks: [&Network; 2], progress: &Progress) -> Result<Vec<u8>> {
    let parameters = NETWORKS.iter().zip(networks).flat_map(|(name, network)| {
        network.parameters.iter().flat_map(move |parameter| tensors_of(name, parameter))
    });
    let (names, tensors): (Vec<String>, Vec<Tensor<2>>) = parameters.unzip();
    let shapes: Vec<Vec<usize>> =
        names.iter().zip(&tensors).map(|(name, tensor)| shape(name, tensor.dims())).collect();
    let transaction = tensors.into_iter().fold(Transaction::default(), Transaction::register);
    let values = readback::read(transaction).await?;
    let written: Vec<Written> = names
        .into_iter()
        .zip(shapes)
        .zip(values)
        .map(|((name, shape), values)| Written { name, shape, values })
        .collect();
    let progress = serde_json::to_string(progress).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(to_safetensors(&written, &[("format", "pt"), (KEY, &progress)]))
}

/// A bias is a list in the file.
fn shape(name: &str, [rows, width]: [usize; 2]) -> Vec<usize> {
    if name.contains(".bias") { vec![width] } else { vec![rows, width] }
}

/// All tensors of a file.
#[derive(Default)]
struct Tensors(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl Sink for Tensors {
    fn header(&mut self, _: &Header) -> Result<()> {
        Ok(())
    }

    fn tensor(&mut self, info: &TensorInfo, values: Vec<f32>) -> Result<()> {
        self.0.insert(info.name.clone(), (info.shape.clone(), values));
        Ok(())
    }
}

/// Fills networks with what is in a file, and says where its training was. A model that was not trained here, such as
/// `models/gan-mnist`, begins at step 0 with moments of zero.
///
/// # Errors
/// `weights-invalid`, `weights-truncated`, `weights-mismatch`; then nothing has changed.
pub fn open(bytes: &[u8], networks: [&mut Network; 2]) -> Result<Option<Progress>> {
    let (mut reader, mut tensors) = (Reader::new(None), Tensors::default());
    reader.push(bytes, &mut tensors)?;
    reader.finish()?;
    let mut filled = Vec::new();
    for (name, network) in NETWORKS.iter().zip(&networks) {
        let mut network = (*network).clone();
        for parameter in &mut network.parameters {
            fill(parameter, name, &mut tensors)?;
        }
        filled.push(network);
    }
    let progress = progress_of(bytes)?;
    for (network, filled) in networks.into_iter().zip(filled) {
        *network = filled;
    }
    Ok(progress)
}

fn fill(parameter: &mut Parameter, network: &str, tensors: &mut Tensors) -> Result<()> {
    let is_transposed = is_transposed(&parameter.name);
    let [mut value, mut mean, mut square] = tensors_of(network, parameter);
    for (index, (name, tensor)) in [&mut value, &mut mean, &mut square].into_iter().enumerate() {
        let device = tensor.device();
        let wanted = shape(name, tensor.dims());
        let values = match tensors.0.remove(name.as_str()) {
            Some((shape, values)) if shape == wanted => values,
            Some((shape, _)) => {
                return Err(Error::WeightsMismatch(format!(
                    "{name} has shape {shape:?}; the model's is {wanted:?}"
                )));
            }
            None if index > 0 => vec![0.0; wanted.iter().product()],
            None => return Err(Error::WeightsMismatch(format!("{name} is missing"))),
        };
        if !values.iter().all(|value| value.is_finite()) {
            return Err(Error::WeightsInvalid(format!("{name} holds NaN or infinity")));
        }
        let filled = Tensor::from_data(TensorData::new(values, tensor.dims()), &device);
        *tensor = if is_transposed { transposed_in_memory(filled) } else { filled };
    }
    parameter.value = value.1;
    parameter.moments = [mean.1, square.1];
    Ok(())
}

/// A transpose whose numbers lie in its own order, since steps change them where they are.
fn transposed_in_memory(tensor: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = tensor.dims();
    tensor.transpose().reshape([rows * columns]).reshape([columns, rows])
}

fn progress_of(bytes: &[u8]) -> Result<Option<Progress>> {
    #[derive(Deserialize)]
    struct Texts {
        #[serde(rename = "__metadata__", default)]
        metadata: BTreeMap<String, Value>,
    }
    // The reader has parsed the header already, so that it is there.
    let len = bytes.first_chunk().map_or(0, |prefix| u64::from_le_bytes(*prefix));
    let json = bytes.get(PREFIX_LEN..).and_then(|rest| rest.get(..usize::try_from(len).ok()?));
    let texts: Texts = serde_json::from_slice(json.unwrap_or_default())
        .map_err(|error| Error::WeightsInvalid(format!("the metadata: {error}")))?;
    let Some(Value::String(progress)) = texts.metadata.get(KEY) else {
        return Ok(None);
    };
    let progress = serde_json::from_str(progress);
    progress.map(Some).map_err(|error| Error::WeightsInvalid(format!("the metadata {KEY}: {error}")))
}

//! What a device computed, read back.

use burn::tensor::{TensorData, Transaction};

use crate::error::{Error, Result};

/// The numbers of each tensor that `transaction` has, in its order. One readback for all: each costs a round trip to
/// the GPU.
///
/// # Errors
/// `device-lost` when the device fails, `weights-invalid` when one is NaN or infinite.
pub async fn read(transaction: Transaction) -> Result<Vec<Vec<f32>>> {
    let data = transaction.execute_async().await;
    let data = data.map_err(|error| Error::DeviceLost(format!("the device failed: {error}")))?;
    let values: Vec<Vec<f32>> = data
        .into_iter()
        .map(TensorData::try_into_vec)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::Internal("the device gave back something else than numbers".to_owned()))?;
    if !values.iter().flatten().all(|value| value.is_finite()) {
        return Err(Error::WeightsInvalid("the networks give NaN or infinity with these weights".to_owned()));
    }
    Ok(values)
}

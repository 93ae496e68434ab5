//! What a WebGPU device runs on, which decides how its shaders divide their work.

use std::sync::{PoisonError, RwLock};

use burn::backend::Wgpu;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Device, Tensor};

/// What a WebGPU device runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// A GPU. Several invocations share a sum, so that small products too have enough of them to fill it.
    Hardware,
    /// A processor that stands in for a GPU, such as SwiftShader. It has none to fill, and takes half the time when each
    /// invocation has its own sums (`benches/README.md`).
    Software,
}

/// Devices whose shaders are those of another adapter than their own; see [`Adapter::impose_on`].
static IMPOSED: RwLock<Vec<(cubecl::Device, Adapter)>> = RwLock::new(Vec::new());

impl Adapter {
    /// What `device` runs on; `None` when it is no WebGPU device.
    pub fn of(device: &Device) -> Option<Self> {
        Some(Self::of_tensor(&on_gpu(device)?))
    }

    /// Gives `device` the shaders of this adapter, whatever it runs on. Results are the same but for rounding. A machine
    /// has one adapter, and the tests run the shaders of both.
    pub fn impose_on(self, device: &Device) {
        if let Some(tensor) = on_gpu(device) {
            IMPOSED.write().unwrap_or_else(PoisonError::into_inner).push((tensor.device, self));
        }
    }

    pub(super) fn of_tensor(tensor: &CubeTensor) -> Self {
        let imposed = IMPOSED.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, adapter)) = imposed.iter().find(|(device, _)| *device == tensor.device) {
            return *adapter;
        }
        // cubecl knows no card behind a software adapter.
        match tensor.client.properties().identity.physical {
            Some(_) => Self::Hardware,
            None => Self::Software,
        }
    }

    /// Invocations of a workgroup, for shaders that share sums in one, since there are too few for a GPU otherwise.
    pub fn threads(self) -> usize {
        match self {
            Self::Hardware => 256,
            Self::Software => super::WORKGROUP,
        }
    }
}

fn on_gpu(device: &Device) -> Option<CubeTensor> {
    Tensor::<1>::empty([1], device).try_into_primitive::<Wgpu>().ok()
}

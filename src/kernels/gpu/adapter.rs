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
    /// A processor that stands in for a GPU, such as SwiftShader. It has no idle units to fill, and takes half the time when
    /// each invocation has its own sums (`benches/README.md`).
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
            let mut imposed = IMPOSED.write().unwrap_or_else(PoisonError::into_inner);
            imposed.retain(|(device, _)| *device != tensor.device);
            imposed.push((tensor.device, self));
        }
    }

    pub(super) fn of_tensor(tensor: &CubeTensor) -> Self {
        let imposed = IMPOSED.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, adapter)) = imposed.iter().find(|(device, _)| *device == tensor.device) {
            return *adapter;
        }
        // cubecl reports a physical device for every adapter that is not a processor.
        match tensor.client.properties().identity.physical {
            Some(_) => Self::Hardware,
            None => Self::Software,
        }
    }

    /// Invocations of a workgroup in which sums are shared. A GPU would not be full with fewer, because there is one workgroup
    /// a row.
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

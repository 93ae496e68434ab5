//! Choosing the device: WebGPU where there is one, else the CPU.

use burn::tensor::Device;
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::kernels::Adapter;
use crate::weights::Storage;

/// An open device, ready for tensors.
#[wasm_bindgen]
#[derive(Debug)]
pub struct DeviceHandle {
    pub(super) device: Device,
    kind: &'static str,
    adapter: String,
    is_fallback_adapter: bool,
    pub(super) storage: Storage,
}

#[wasm_bindgen]
impl DeviceHandle {
    /// The CPU: always there.
    #[must_use]
    pub fn cpu() -> Self {
        Self {
            device: Device::flex(),
            kind: "cpu",
            adapter: String::new(),
            is_fallback_adapter: false,
            storage: Storage::CPU,
        }
    }

    /// The GPU, with the adapter's real limits. Calls `on_lost(reason)` if it disappears later.
    /// At most once per worker.
    ///
    /// # Errors
    /// `device-unavailable`, saying what is missing.
    pub async fn webgpu(on_lost: Function) -> std::result::Result<DeviceHandle, JsValue> {
        if !has_webgpu() {
            let why = "this browser has no WebGPU here (it needs a recent browser and a secure page)";
            return Err(Error::DeviceUnavailable(why.to_owned()).into());
        }
        Ok(open_webgpu(on_lost).await?)
    }

    /// `webgpu` or `cpu`.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn kind(&self) -> String {
        self.kind.to_owned()
    }

    /// The adapter's own description; empty on the CPU.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn adapter(&self) -> String {
        self.adapter.clone()
    }

    /// WebGPU's `isFallbackAdapter`: a processor stands in for the GPU, and the CPU device is faster.
    #[must_use]
    #[wasm_bindgen(getter)]
    pub fn is_fallback_adapter(&self) -> bool {
        self.is_fallback_adapter
    }
}

async fn open_webgpu(on_lost: Function) -> Result<DeviceHandle> {
    let (device, setup) = Device::wgpu_options()
        .init_with_setup_async()
        .await
        .map_err(|error| Error::DeviceUnavailable(format!("WebGPU did not start: {error}")))?;
    setup.device.set_device_lost_callback(move |reason, message| {
        let text = format!("{reason:?}: {message}");
        let _ = on_lost.call1(&JsValue::NULL, &JsValue::from_str(&text));
    });
    let info = setup.adapter.get_info();
    let limits = setup.device.limits();
    let adapter = [info.name, info.driver].into_iter().filter(|part| !part.is_empty());
    let adapter = adapter.collect::<Vec<_>>().join(", ");
    let max_binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    let is_fallback_adapter = Adapter::of(&device) == Some(Adapter::Software);
    Ok(DeviceHandle {
        device,
        kind: "webgpu",
        adapter,
        is_fallback_adapter,
        storage: Storage::gpu(max_binding),
    })
}

/// Whether `navigator.gpu` exists in this worker or page.
fn has_webgpu() -> bool {
    Reflect::get(&js_sys::global(), &"navigator".into())
        .and_then(|navigator| Reflect::get(&navigator, &"gpu".into()))
        .is_ok_and(|gpu| gpu.is_object())
}

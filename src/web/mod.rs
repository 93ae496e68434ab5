//! What JavaScript sees. The only module that names `wasm_bindgen`, `js_sys` or `web_sys`.
//!
//! The worker (`www/engine/worker/worker.js`) opens a device, feeds weight files to a loader, gets a pipeline
//! and steps through its runs. Errors become an `Error` with a `code`.

mod device;
mod diffusion;
mod fused;
mod gan;
mod gan_training;
mod gpt2;
mod loader;
mod options;
mod story;
mod vae;

use std::cell::RefCell;
use std::sync::Once;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::rng::MAX_SEED;

pub use device::DeviceHandle;
pub use diffusion::{DiffusionPipeline, DiffusionRun};
pub use fused::link_fused_module;
pub use gan::{GanPipeline, GanRun};
pub use gan_training::GanTraining;
pub use gpt2::{Gpt2Pipeline, Gpt2Run};
pub use loader::Loader;
pub use story::Scenes;
pub use vae::{VaePipeline, VaeRun};

unsafe extern "C" {
    fn __wasm_call_ctors();
}

thread_local! {
    static ON_PANIC: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Runs the constructors in which Burn registers things; again, it does nothing. Unless somebody calls them, the
/// linker wraps every export in a call of all of them: 200 small GPU operations then take 840 ms and not 8.
pub fn run_constructors() {
    static ONCE: Once = Once::new();
    // Sound: they are the linker's own, made to be called once.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}

/// Runs once, when the module is instantiated.
#[wasm_bindgen(start)]
pub fn start() {
    run_constructors();
    link_fused_module();
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let message = info.to_string();
        ON_PANIC.with_borrow(|callback| {
            if let Some(callback) = callback {
                let _ = callback.call1(&JsValue::NULL, &JsValue::from_str(&message));
            }
        });
    }));
}

/// Calls `callback(message)` when the engine panics. It must not be used any more after that.
#[wasm_bindgen]
pub fn on_panic(callback: Function) {
    ON_PANIC.set(Some(callback));
}

/// Bytes of memory that the engine has taken so far; it never gives any back.
#[must_use]
#[wasm_bindgen]
#[allow(clippy::cast_precision_loss)] // at most 4 GiB
pub fn heap_bytes() -> f64 {
    (core::arch::wasm32::memory_size(0) * 65_536) as f64
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let js: Self = js_sys::Error::new(error.message()).into();
        let _ = Reflect::set(&js, &"code".into(), &error.code().into());
        js
    }
}

/// A seed for a call that names none.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 2⁵³ − 1
fn random_seed() -> u64 {
    (js_sys::Math::random() * MAX_SEED as f64) as u64
}

fn object<const N: usize>(properties: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        let _ = Reflect::set(&object, &name.into(), &value); // a fresh object takes any property
    }
    object
}

fn strings<'a>(strings: impl IntoIterator<Item = &'a (impl AsRef<str> + 'a)>) -> JsValue {
    strings.into_iter().map(|string| JsValue::from_str(string.as_ref())).collect::<Array>().into()
}

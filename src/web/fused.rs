//! Links the second wasm module, if the browser has the instructions in it.

use js_sys::{Function, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};

use super::object;
use crate::kernels::fused;

/// Makes products on the CPU faster. Whether this browser can.
pub fn link_fused_module() -> bool {
    let bytes = Uint8Array::from(fused::MODULE);
    if WebAssembly::validate(&bytes) != Ok(true) {
        return false;
    }
    let index = function_of_module(&bytes);
    if let Ok(index) = index {
        // Sound: the function has just been put there, and was linked to this memory.
        unsafe { fused::use_function_at(index) };
    }
    index.is_ok()
}

/// The index of its function in the engine's table.
fn function_of_module(bytes: &Uint8Array) -> Result<u32, JsValue> {
    let module = WebAssembly::Module::new(bytes)?;
    let memory = object([("memory", wasm_bindgen::memory())]);
    let instance = WebAssembly::Instance::new(&module, &object([("env", memory.into())]))?;
    let function = Reflect::get(&instance.exports(), &fused::NAME.into())?.dyn_into::<Function>()?;
    let table: WebAssembly::Table = wasm_bindgen::function_table().dyn_into()?;
    let index = table.grow(1)?;
    table.set(index, &function)?;
    Ok(index)
}

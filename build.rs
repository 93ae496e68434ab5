//! `#[cfg(gpu)]`, for the crate and its tests: kernels for the GPU are compiled, as they are for the browser and, with the
//! feature `wgpu`, for a native GPU.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(gpu)");
    let is_wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    if is_wasm || env::var_os("CARGO_FEATURE_WGPU").is_some() {
        println!("cargo::rustc-cfg=gpu");
    }
}

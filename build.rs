//! `#[cfg(gpu)]`, for the crate and its tests: kernels for the GPU are compiled, as they are for the browser and, with the
//! feature `wgpu`, for a native GPU. And the second wasm module, which the engine carries (`src/kernels/cpu/fused.rs`).

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(gpu)");
    let is_wasm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    if is_wasm || env::var_os("CARGO_FEATURE_WGPU").is_some() {
        println!("cargo::rustc-cfg=gpu");
    }
    if is_wasm {
        println!("cargo::rustc-link-arg=--growable-table"); // the module's function gets a place in it
        compile_fused_module();
    }
}

/// Compiles `fused_module.rs` by itself, always optimised, to `OUT_DIR/fused.wasm`.
fn compile_fused_module() {
    let folder = PathBuf::from("src/kernels/cpu");
    for name in ["fused_module.rs", "lanes.rs", "tile.rs"] {
        println!("cargo::rerun-if-changed={}", folder.join(name).display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("fused.wasm");
    let status = Command::new(env::var_os("RUSTC").expect("cargo sets it"))
        .args(["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown"])
        .args([
            "-Copt-level=3",
            "-Cpanic=abort",
            "-Cstrip=symbols",
            "-Ctarget-feature=+simd128,+relaxed-simd",
        ])
        .args(["-Clink-arg=--import-memory", "-o"])
        .args([&out, &folder.join("fused_module.rs")])
        .status();
    assert!(status.is_ok_and(|status| status.success()), "the second wasm module cannot be compiled");
    // It has the code alone: messages of panics, and what else is data, would overwrite the engine's memory.
    let bytes = fs::metadata(out).map_or(u64::MAX, |file| file.len());
    assert!(bytes < 1024, "the second wasm module has grown to {bytes} bytes: some of it must be data");
}

//! The wasm module of [`super::fused`]: `build.rs` compiles this file by itself, and with it `tile.rs` and `lanes.rs`.
//!
//! It has no memory, stack or data of its own: it works in those of the engine.

#![allow(dead_code)] // of the lanes it needs few

mod lanes;
mod tile;

use tile::{PANEL, TILE};

/// [`tile::tile`] for callers in another module.
///
/// # Safety
/// `panel` and each of the `rows` are at least `depth` long, and `sums` may be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fused_tile(
    panel: *const [f32; PANEL],
    depth: usize,
    rows: *const [*const f32; TILE],
    sums: *mut [[f32; PANEL]; TILE],
) {
    // Sound: what the caller promises.
    unsafe {
        let panel = std::slice::from_raw_parts(panel, depth);
        *sums = tile::tile(panel, (*rows).map(|row| std::slice::from_raw_parts(row, depth)));
    }
}

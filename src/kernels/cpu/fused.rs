//! Tiles with fused multiply-adds, in browsers that have relaxed SIMD.
//!
//! A wasm that contains an instruction that a browser does not know is refused as a whole, and the engine is one wasm for all.
//! So the innermost function is compiled once more, to a module of its own of a kilobyte (`fused_module.rs`), which the engine
//! carries with it. Where the browser accepts that module, the engine links it to its own memory, and calls it in place of the
//! function that it has itself. A sum then differs by the rounding of its products.

use std::sync::OnceLock;

use super::tile::{PANEL, TILE, tile};

/// The module.
#[cfg(target_arch = "wasm32")]
pub const MODULE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/fused.wasm"));

/// The name of its function.
#[cfg(target_arch = "wasm32")]
pub const NAME: &str = "fused_tile";

type Fused = unsafe extern "C" fn(
    panel: *const [f32; PANEL],
    depth: usize,
    rows: *const [*const f32; TILE],
    sums: *mut [[f32; PANEL]; TILE],
);

static FUSED: OnceLock<Fused> = OnceLock::new();

/// From now on tiles come from a function of [`MODULE`], which is in the engine's table of functions.
///
/// # Safety
/// There it is, at this index, and it works in the engine's memory.
#[cfg(target_arch = "wasm32")]
pub unsafe fn use_function_at(index: u32) {
    // Sound: a pointer to a function is its index in the table.
    let fused = unsafe { std::mem::transmute::<*const (), Fused>(index as *const ()) };
    let _ = FUSED.set(fused); // it may have been set to the same before
}

/// What computes a tile.
#[derive(Clone, Copy)]
pub enum TileFunction {
    Own,
    Fused(Fused),
}

impl TileFunction {
    /// The fastest that this browser has.
    pub fn fastest() -> Self {
        FUSED.get().map_or(Self::Own, |fused| Self::Fused(*fused))
    }

    /// `sums = rows · panel`
    #[inline]
    pub fn call(self, panel: &[[f32; PANEL]], rows: [&[f32]; TILE], sums: &mut [[f32; PANEL]; TILE]) {
        match self {
            Self::Own => own_tile(panel, rows, sums),
            Self::Fused(fused) => {
                assert!(
                    rows.iter().all(|row| row.len() >= panel.len()),
                    "a row is shorter than the panel is high"
                );
                // Sound: the rows are long enough, and all of it is ours.
                unsafe { fused(panel.as_ptr(), panel.len(), &rows.map(<[f32]>::as_ptr), sums) }
            }
        }
    }
}

/// In the caller, its sums would have to leave their registers.
#[inline(never)]
fn own_tile(panel: &[[f32; PANEL]], rows: [&[f32]; TILE], sums: &mut [[f32; PANEL]; TILE]) {
    *sums = tile(panel, rows);
}

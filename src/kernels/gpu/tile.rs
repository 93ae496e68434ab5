//! Products of matrices in tiles, for real GPUs.

use super::{MAX_GROUPS, unrolled};

/// The part of a product that a workgroup has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Rows, and columns.
    side: usize,
    /// Rows of an invocation, of four columns.
    rows: usize,
    /// Inputs that are fetched at once: two sides of so many numbers are 9 kB of the 16 that every GPU has.
    depth: usize,
}

/// The fewest tiles that fill a GPU.
const ENOUGH: usize = 64;

impl Tile {
    /// Fetches the least. 128 invocations of 32 sums: with 64 sums some GPUs run out of registers.
    const LARGE: Self = Self { side: 64, rows: 8, depth: 16 };
    /// For results that have too few large ones. 64 invocations of 16 sums.
    const SMALL: Self = Self { side: 32, rows: 4, depth: 32 };

    /// The best ones for `count` products of so many rows and columns; `None` when tiles would be too few, mostly empty, or
    /// more than there can be.
    pub fn of(rows: usize, columns: usize, count: usize) -> Option<Self> {
        let total = |tile: Self| tile.groups(rows, columns, count).iter().product::<usize>();
        if rows.min(columns) < Self::SMALL.side || total(Self::SMALL) < ENOUGH {
            return None;
        }
        let tile = if total(Self::LARGE) < 2 * ENOUGH { Self::SMALL } else { Self::LARGE };
        tile.groups(rows, columns, count).iter().all(|&groups| groups <= MAX_GROUPS).then_some(tile)
    }

    /// Workgroups of `count` products.
    pub fn groups(self, rows: usize, columns: usize, count: usize) -> [usize; 3] {
        [columns.div_ceil(self.side), rows.div_ceil(self.side), count]
    }

    /// Its part of a shader.
    pub fn text(self) -> String {
        let Self { side, rows, depth } = self;
        let constants = format!("const TILE = {side}u;\nconst ROWS = {rows}u;\nconst DEPTH = {depth}u;\n");
        constants + &unrolled(include_str!("tile.wgsl"), '#', rows / 4)
    }
}

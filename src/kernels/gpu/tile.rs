//! Products of matrices in tiles, for real GPUs.

use super::{MAX_GROUPS, WORKGROUP, unrolled};

/// The part of a product that a workgroup has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Rows, and columns.
    side: usize,
    /// Rows of an invocation, of four columns.
    rows: usize,
    /// Inputs that are fetched at once: two sides of so many numbers are 9 kB of the 16 that every GPU has.
    depth: usize,
    /// Workgroups that share the inputs of a tile. Where there are several, a second shader adds up what they leave.
    parts: usize,
}

/// `count` products: a row and a column of a result are as long as `inputs`.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub count: usize,
    pub rows: usize,
    pub columns: usize,
    pub inputs: usize,
}

/// The fewest tiles that fill a GPU.
const ENOUGH: usize = 64;
/// Workgroups that fill a large one. There tiles are divided until there are so many; on a small one that costs little.
const FULL: usize = 1024;
/// A part is worth its sum from so many steps on.
const STEPS: usize = 8;
const MAX_PARTS: usize = 16;

impl Tile {
    /// Fetches the least. 128 invocations of 32 sums: with 64 sums some GPUs run out of registers.
    const LARGE: Self = Self { side: 64, rows: 8, depth: 16, parts: 1 };
    /// For results that have too few large ones. 64 invocations of 16 sums.
    const SMALL: Self = Self { side: 32, rows: 4, depth: 32, parts: 1 };

    /// The best ones for products; `None` when tiles would be too few, mostly empty, or more than there can be.
    pub fn of(extent: Extent) -> Option<Self> {
        let side = extent.rows.min(extent.columns);
        if side < Self::SMALL.side || Self::SMALL.total(extent) < ENOUGH {
            return None;
        }
        let large = Self::LARGE.divided(extent);
        let is_large = side >= Self::LARGE.side && large.total(extent) >= 2 * ENOUGH;
        let tile = if is_large { large } else { Self::SMALL.divided(extent) };
        tile.groups(extent).iter().all(|&groups| groups <= MAX_GROUPS).then_some(tile)
    }

    /// In as many parts as fill a GPU.
    fn divided(self, extent: Extent) -> Self {
        let most = (extent.inputs / (self.depth * STEPS)).clamp(1, MAX_PARTS);
        Self { parts: (FULL / self.total(extent)).clamp(1, most), ..self }
    }

    /// Whether sums are left that must be added up.
    pub fn is_divided(self) -> bool {
        self.parts > 1
    }

    fn total(self, extent: Extent) -> usize {
        self.groups(extent).iter().product()
    }

    /// Workgroups of the products.
    pub fn groups(self, Extent { count, rows, columns, .. }: Extent) -> [usize; 3] {
        [columns.div_ceil(self.side), rows.div_ceil(self.side), count * self.parts]
    }

    /// The shape of what divided tiles leave.
    pub fn parts(self, Extent { count, rows, columns, .. }: Extent) -> [usize; 3] {
        [count * self.parts, rows, columns]
    }

    /// Workgroups of the second shader: an invocation has four columns.
    pub fn groups_of_sums(Extent { count, rows, columns, .. }: Extent) -> [usize; 3] {
        [columns.div_ceil(4 * WORKGROUP), rows, count]
    }

    /// The second shader's part of a shader.
    pub fn text_of_sums(self) -> String {
        format!("const PARTS = {}u;\nconst WORKERS = {WORKGROUP}u;\n", self.parts)
            + include_str!("sum_parts.wgsl")
    }

    /// Its part of a shader, which brings `write` unless the tile is divided.
    pub fn text(self) -> String {
        let Self { side, rows, depth, parts } = self;
        let mut text = format!(
            "const TILE = {side}u;\nconst ROWS = {rows}u;\nconst DEPTH = {depth}u;\nconst PARTS = {parts}u;\n"
        );
        text += &unrolled(include_str!("tile.wgsl"), '#', rows / 4);
        if self.is_divided() {
            text += include_str!("write_part.wgsl");
        }
        text
    }
}

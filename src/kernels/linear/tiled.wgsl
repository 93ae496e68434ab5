// activation(x · weight + bias) + residual for many rows, in the tiles of gpu/tile.wgsl: its left matrix is x, its right one the
// weight, in either layout.
//
// many_rows.rs puts ACROSS, `x_quad`, `sixteen` and `four_scales` before this, and repeats each line that has a $ for four inputs.

alias V = vec4<f32>;

// The first column and the first row of the tile.
var<private> origin: vec2<u32>;

fn prepare(product: u32, group: vec2<u32>, local: u32) {
    origin = group * TILE;
}

fn steps() -> u32 {
    return (info.inputs + DEPTH - 1u) / DEPTH;
}

// Neighbours read inputs of the same row, which lie together.
fn fetch_left(step: u32, index: u32) {
    let inner = 4u * (index % (DEPTH / 4u));
    let quad = index / (DEPTH / 4u);
    let k = step * DEPTH + inner;
    var block = mat4x4<f32>();
    if k < info.inputs {
        // Rows beyond the last read the last one, and are not written.
        let last = info.rows - 1u;
        let row = origin.y + 4u * quad;
        let start$ = min(row + $u, last) * info.inputs;
        block = transpose(mat4x4(x_quad(start0, k), x_quad(start1, k), x_quad(start2, k), x_quad(start3, k)));
    }
    left[(inner + $u) * PITCH + quad] = block[$];
}

// Neighbours read what lies together: outputs of the same input where these are ACROSS, else inputs of the same output.
fn fetch_right(step: u32, index: u32) {
    let inner = 4u * select(index % (DEPTH / 4u), index / QUADS, ACROSS);
    let quad = select(index / (DEPTH / 4u), index % QUADS, ACROSS);
    let k = step * DEPTH + inner;
    let column = origin.x / 4u + quad;
    var block = mat4x4<f32>();
    if k < info.inputs {
        block = sixteen(k, column, four_scales(k / BLOCK, column));
    }
    right[(inner + $u) * PITCH + quad] = block[$];
}

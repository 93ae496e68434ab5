// activation(x · weight + bias): each invocation computes ROWS rows of one vector of columns.
// A weight is read once for all ROWS, and each x for all columns of the vector.
//
// gpu.rs puts `alias V` (a vector or one number) and `const ROWS` before this, and repeats each line that has a # for
// every row, with the row's number in its place: with loops over arrays the sums do not stay in registers, and the
// whole takes four times as long.

struct Info {
    rows: u32,
    inner: u32,
    // Columns in vectors.
    width: u32,
    // 0 identity, 1 ReLU, 2 leaky ReLU, 3 tanh, 4 sigmoid, 5 SiLU, 6 GELU, 7 GELU by tanh.
    activation: u32,
    slope: f32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;      // [rows, inner]
@group(0) @binding(1) var<storage, read_write> weight: array<V>;   // [inner, width]
@group(0) @binding(2) var<storage, read_write> bias: array<V>;     // [width]
@group(0) @binding(3) var<storage, read_write> y: array<V>;        // [rows, width]
@group(0) @binding(4) var<storage, read> info: Info;

// The error function to 2e-7: Abramowitz and Stegun, formula 7.1.26.
fn erf(v: V) -> V {
    let t = 1.0 / (1.0 + 0.3275911 * abs(v));
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return sign(v) * (1.0 - p * exp(-v * v));
}

fn activate(v: V) -> V {
    switch info.activation {
        case 1u: { return max(v, V()); }
        case 2u: { return max(v, V()) + info.slope * min(v, V()); }
        // tanh of a large number is NaN on some GPUs, which compute exp(2x) first.
        case 3u: { return tanh(clamp(v, V() - 15.0, V() + 15.0)); }
        case 4u: { return 1.0 / (1.0 + exp(-v)); }
        case 5u: { return v / (1.0 + exp(-v)); }
        case 6u: { return 0.5 * v * (1.0 + erf(0.70710678 * v)); }
        // (1 + tanh(u)) / 2 = 1 / (1 + exp(-2u)), which is sound for large u too.
        case 7u: { return v / (1.0 + exp(-1.5957691 * v * (1.0 + 0.044715 * v * v))); }
        default: { return v; }
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let column = id.x;
    let row = id.y * ROWS;
    if column >= info.width {
        return;
    }
    // Rows beyond the last read the last one, and are not written.
    let start# = min(row + #u, info.rows - 1u) * info.inner;
    var sum# = bias[column];
    for (var k = 0u; k < info.inner; k++) {
        let w = weight[k * info.width + column];
        sum# += x[start# + k] * w;
    }
    if row + #u < info.rows { y[(row + #u) * info.width + column] = activate(sum#); }
}

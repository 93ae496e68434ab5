// activation(x · weightᵀ + bias) + residual for a weight [outputs, inputs]: LANES invocations share an output of ROWS
// rows, and read BLOCK inputs at a time that lie together, four each.
//
// gpu.rs puts the constants, `quad`, `scale`, `bias_at` and `residual_at` before this, and repeats each line that has
// a # for every row.

alias V = f32;
const LANES = BLOCK / 4u;
const OUTPUTS = 64u / LANES;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    // The outputs are spread over two dimensions: one alone may have 65,535 groups.
    let output = (group.z * info.groups + group.x) * OUTPUTS + local / LANES;
    let lane = local % LANES;
    let row = group.y * ROWS;
    let is_inside = output < info.outputs;
    // Rows beyond the last read the last one, and are not written.
    let start# = min(row + #u, info.rows - 1u) * info.width;
    var sum# = 0.0;
    if is_inside {
        for (var block = 0u; block * BLOCK + 4u * lane < info.width; block++) {
            let k = block * BLOCK + 4u * lane;
            let w = quad(output, block * LANES + lane) * scale(output, block);
            sum# += dot(x_quad(start#, k), w);
        }
    }
    { parts[local] = sum#; workgroupBarrier(); let total = add_parts(local); workgroupBarrier(); if is_inside && lane == 0u && row + #u < info.rows { write(row + #u, output, total); } }
}

// Four inputs of a row; behind its end the weight is zero.
fn x_quad(start: u32, k: u32) -> vec4<f32> {
    let last = info.width - 1u;
    return vec4(x[start + k], x[start + min(k + 1u, last)], x[start + min(k + 2u, last)], x[start + min(k + 3u, last)]);
}

// The sum over all lanes of an output.
fn add_parts(local: u32) -> f32 {
    let first = local / LANES * LANES;
    var total = 0.0;
    for (var lane = 0u; lane < LANES; lane++) {
        total += parts[first + lane];
    }
    return total;
}

fn write(row: u32, output: u32, sum: f32) {
    let at = row * info.outputs + output;
    y[at] = activate(sum + bias_at(output)) + residual_at(at);
}

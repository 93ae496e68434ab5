// activation(x · weightᵀ + bias) + residual for a weight [outputs, inputs]: LANES invocations, one or BLOCK / 4, share four
// outputs of ROWS rows. They read BLOCK inputs of each at a time that lie together, four an invocation.
//
// gpu.rs puts the constants, `stride`, `quad`, `x_quad`, `scale`, `bias_at` and `residual_at` before this, and repeats
// each line that has a # for every row, and each that has a $ for the four outputs.

alias V = f32;
const OUTPUTS = 4u * WORKERS;

var<workgroup> parts: array<vec4<f32>, LANES * WORKERS>;

@compute @workgroup_size(LANES, WORKERS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) local: u32
) {
    // The outputs are spread over two dimensions: one alone may have 65,535 groups.
    let output = (group.z * info.groups + group.x) * OUTPUTS + 4u * id.y;
    let lane = id.x;
    let row = group.y * ROWS;
    // Rows and outputs beyond the last read the last one, and are not written.
    let x# = min(row + #u, info.rows - 1u) * info.width;
    let output$ = min(output + $u, info.outputs - 1u);
    let start$ = output$ * stride();
    var sum# = vec4<f32>();
    let width = info.width;
    for (var block = 0u; block * BLOCK < width; block++) {
        var part# = vec4<f32>();
        let end = min((block + 1u) * BLOCK, width);
        for (var k = block * BLOCK + 4u * lane; k < end; k += 4u * LANES) {
            let w$ = quad(start$, k / 4u);
            { let v = x_quad(x#, k); part# += vec4(dot(v, w0), dot(v, w1), dot(v, w2), dot(v, w3)); }
        }
        let s = vec4(scale(output0, block), scale(output1, block), scale(output2, block), scale(output3, block));
        sum# += s * part#;
    }
    if LANES == 1u {
        for (var i = 0u; i < 4u; i++) {
            if row + #u < info.rows && output + i < info.outputs { write(row + #u, output + i, sum#[i]); }
        }
        return;
    }
    { parts[local] = sum#; workgroupBarrier(); let total = add_parts(local); workgroupBarrier(); if row + #u < info.rows && lane < 4u && output + lane < info.outputs { write(row + #u, output + lane, total[lane]); } }
}

// The sum over all lanes of four outputs.
fn add_parts(local: u32) -> vec4<f32> {
    let first = local / LANES * LANES;
    var total = vec4<f32>();
    for (var lane = 0u; lane < LANES; lane++) {
        total += parts[first + lane];
    }
    return total;
}

fn write(row: u32, output: u32, sum: f32) {
    let at = row * info.outputs + output;
    y[at] = activate(sum + bias_at(output)) + residual_at(at);
}

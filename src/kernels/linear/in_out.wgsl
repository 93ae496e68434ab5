// activation(x · weight + bias) + residual for a weight [inputs, outputs]: an invocation has four outputs of ROWS rows.
// SLICES invocations share the inputs of the same outputs, each taking every SLICES-th block of BLOCK.
//
// gpu.rs puts the constants, `prepare`, `input`, `stride`, `quad`, `scale`, `bias_at` and `residual_at` before this, and repeats
// each line that has a # for every row, and each that has a $ for four inputs.

alias V = vec4<f32>;

@compute @workgroup_size(WORKERS, SLICES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) local: u32
) {
    let column = group.x * WORKERS + id.x;
    let slice = id.y;
    let row = group.y * ROWS;
    let is_inside = 4u * column < info.width;
    // Rows beyond the last read the last one, and are not written.
    let start# = min(row + #u, info.rows - 1u) * info.inputs;
    var sum# = V();
    prepare(local);
    if is_inside {
        let inputs = info.inputs;
        let stride = stride();
        for (var block = slice; block * BLOCK < inputs; block += SLICES) {
            var part# = V();
            let end = min((block + 1u) * BLOCK, inputs);
            var k = block * BLOCK;
            var at = k * stride;
            // By four, since the loop itself costs as much as what it does.
            for (; k + 4u <= end; k += 4u) {
                let w$ = quad(at + $u * stride, column);
                part# += input(start#, k + $u) * w$;
                at += 4u * stride;
            }
            for (; k < end; k++) {
                let w = quad(at, column);
                part# += input(start#, k) * w;
                at += stride;
            }
            let s = scale(block, column);
            sum# += s * part#;
        }
    }
    if SLICES == 1u {
        if is_inside && row + #u < info.rows { write(row + #u, column, sum#); }
        return;
    }
    { let total = over_slices(sum#, local); if is_inside && slice == 0u && row + #u < info.rows { write(row + #u, column, total); } }
}

fn write(row: u32, column: u32, sum: V) {
    let first = 4u * column;
    let value = activate(sum + vec4(bias_at(first), bias_at(first + 1u), bias_at(first + 2u), bias_at(first + 3u)));
    for (var i = 0u; i < min(4u, info.width - first); i++) {
        let at = row * info.width + first + i;
        y[at] = value[i] + residual_at(at);
    }
}

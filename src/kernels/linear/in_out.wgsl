// activation(x · weight + bias) + residual for a weight [inputs, outputs]: an invocation has four outputs of ROWS rows.
// SLICES invocations share the inputs of the same outputs, each taking every SLICES-th STEP of them.
//
// gpu.rs puts the constants, `prepare`, `input`, `stride`, `quad`, `scale`, `bias_at` and `residual_at` before this, and repeats
// each line that has a # for every row, and each that has a $ for the ABREAST inputs that are read at once.

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
        for (var first = slice * STEP; first < inputs; first += SLICES * STEP) {
            var part# = V();
            let end = min(first + STEP, inputs);
            var k = first;
            var at = k * stride;
            // Many at once, since the loop itself costs as much as what it does.
            for (; k + ABREAST <= end; k += ABREAST) {
                let w$ = quad(at + $u * stride, column);
                part# += input(start#, k + $u) * w$;
                at += ABREAST * stride;
            }
            for (; k < end; k++) {
                let w = quad(at, column);
                part# += input(start#, k) * w;
                at += stride;
            }
            let s = scale(first / BLOCK, column);
            sum# += s * part#;
        }
    }
    if SLICES > 1u {
        if row + #u < info.rows { sum# = over_slices(sum#, local); }
    }
    if is_inside && slice == 0u {
        if row + #u < info.rows { write(row + #u, column, sum#); }
    }
}

fn write(row: u32, column: u32, sum: V) {
    let first = 4u * column;
    let value = activate(sum + vec4(bias_at(first), bias_at(first + 1u), bias_at(first + 2u), bias_at(first + 3u)));
    for (var i = 0u; i < min(4u, info.width - first); i++) {
        let at = row * info.width + first + i;
        y[at] = value[i] + residual_at(at);
    }
}

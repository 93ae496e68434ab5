// activation(x · weight + bias) + residual for many rows on a processor that plays a GPU. There a number that is read costs as much
// as twenty products, from a workgroup's memory too. So an invocation keeps to itself, and has as many products of each number
// as its registers are good for: those of ROWS rows by 4 · QUADS outputs.
//
// many_rows.rs puts the constants, `x_quad`, `sixteen`, `four_scales`, `bias_at` and `residual_at` before this, and repeats each
// line that has a # for every row, and each that has a $ for every four outputs.

alias V = vec4<f32>;

@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    // The blocks are spread over two dimensions: one alone may have 65,535 groups.
    let index = (group.z * info.groups + group.x) * WORKERS + local;
    let across = (info.outputs + 4u * QUADS - 1u) / (4u * QUADS);
    let column = index % across * QUADS;
    let row = index / across * ROWS;
    if row >= info.rows { return; }
    // Rows beyond the last read the last one, and are not written.
    let start# = min(row + #u, info.rows - 1u) * info.inputs;
    var sum#_$ = V();
    let inputs = info.inputs;
    for (var first = 0u; first < inputs; first += BLOCK) {
        let s$ = four_scales(first / BLOCK, column + $u);
        let end = min(first + BLOCK, inputs);
        for (var k = first; k < end; k += 4u) {
            let w$ = sixteen(k, column + $u, s$);
            let x# = x_quad(start#, k);
            sum#_$ += x#.x * w$[0]; sum#_$ += x#.y * w$[1]; sum#_$ += x#.z * w$[2]; sum#_$ += x#.w * w$[3];
        }
    }
    write(0u, row + #u, 4u * (column + $u), sum#_$);
}

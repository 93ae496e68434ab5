// Rows of a table, each added to that of `sum` where there is one: an invocation has four numbers of a row.
//
// gpu.rs puts BLOCK, `stride`, `quad`, `scale` and `sum_at` before this.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x;
    let first = 4u * index;
    if first >= info.width {
        return;
    }
    let row = indices[id.y];
    let values = quad(row * stride(), index) * scale(row, first / BLOCK);
    let at = id.y * info.width + first;
    for (var i = 0u; i < min(4u, info.width - first); i++) {
        y[at + i] = values[i] + sum_at(at + i);
    }
}

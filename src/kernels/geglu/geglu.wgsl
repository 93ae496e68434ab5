// An invocation has a V, four numbers or one, of the result. `width` and `count`, of a row and of all, count those.
//
// gpu.rs puts V and `activate`, a GELU, before this.

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let index = (group.y * groups.x + group.x) * 64u + local;
    if index >= info.count {
        return;
    }
    let hidden = index + index / info.width * info.width;
    y[index] = x[hidden] * activate(x[hidden + info.width]);
}

// An invocation has a number. gpu.rs puts `derivative` before this.

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let index = (group.y * groups.x + group.x) * 64u + local;
    if index < info.count {
        result[index] = gradient[index] * derivative(y[index]);
    }
}

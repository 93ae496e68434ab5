// An invocation copies a number. Its bits do: a float could lose what is nearly zero.

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let index = (group.y * groups.x + group.x) * 64u + local;
    if index < info.count {
        y[index] = x[index];
    }
}

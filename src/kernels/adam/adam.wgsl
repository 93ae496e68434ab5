// An invocation has a parameter.

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
    let g = gradient[index];
    let m = bitcast<f32>(info.keep_first) * first[index] + bitcast<f32>(info.take_first) * g;
    let v = bitcast<f32>(info.keep_second) * second[index] + bitcast<f32>(info.take_second) * g * g;
    first[index] = m;
    second[index] = v;
    value[index] -= bitcast<f32>(info.step_length) * m / (sqrt(v) * bitcast<f32>(info.root) + bitcast<f32>(info.epsilon));
}

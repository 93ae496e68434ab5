// A workgroup has a group of channels of one picture: its invocations share the sums. Its numbers lie together.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let plane = info.plane;
    let count = info.channels * plane;
    let start = (group.y * info.groups + group.x) * count;
    var part = 0.0;
    for (var i = local; i < count; i += THREADS) {
        part += x[start + i];
    }
    let mean = add_parts(part, local) / f32(count);
    part = 0.0;
    for (var i = local; i < count; i += THREADS) {
        let centred = x[start + i] - mean;
        part += centred * centred;
    }
    let variance = add_parts(part, local) / f32(count);
    let scale = inverseSqrt(variance + bitcast<f32>(info.epsilon));
    for (var channel = 0u; channel < info.channels; channel++) {
        let factor = scale * gamma[group.x * info.channels + channel];
        let shift = beta[group.x * info.channels + channel] - mean * factor;
        let first = start + channel * plane;
        for (var i = local; i < plane; i += THREADS) {
            y[first + i] = activate(x[first + i] * factor + shift);
        }
    }
}

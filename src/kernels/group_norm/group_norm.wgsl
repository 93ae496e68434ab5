// A workgroup has a group of channels of one picture: its invocations share the sums. Its numbers lie together.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let plane = info.plane;
    let count = info.channels * plane;
    let start = (group.y * info.groups + group.x) * count;
    let moments = mean_and_scale(start, count, local);
    for (var channel = 0u; channel < info.channels; channel++) {
        let factor = moments.y * gamma[group.x * info.channels + channel];
        let shift = beta[group.x * info.channels + channel] - moments.x * factor;
        let first = start + channel * plane;
        for (var i = local; i < plane; i += THREADS) {
            y[first + i] = activate(x[first + i] * factor + shift);
        }
    }
}

// A workgroup a row: its invocations share the sums.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let start = group.x * info.width;
    let moments = mean_and_scale(start, info.width, local);
    for (var i = local; i < info.width; i += THREADS) {
        y[start + i] = (x[start + i] - moments.x) * moments.y * gamma[i] + beta[i];
    }
}

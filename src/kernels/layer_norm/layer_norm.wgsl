// A workgroup a row: its invocations share the sums.

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    // The rows of a U-Net's pixels are more than one dimension may have. Groups beyond the last row compute it again.
    let start = min(group.y * groups.x + group.x, info.rows - 1u) * info.width;
    let moments = mean_and_scale(start, info.width, local);
    for (var i = local; i < info.width; i += THREADS) {
        y[start + i] = (x[start + i] - moments.x) * moments.y * gamma[i] + beta[i];
    }
}

// A row of x as a layer norm makes it, which each workgroup of in_out.wgsl does for itself: that costs less than a dispatch
// of its own. gpu.rs puts INPUTS before this.

var<workgroup> normed: array<f32, INPUTS>;

fn prepare(local: u32) {
    let moments = mean_and_scale(0u, INPUTS, local);
    for (var i = local; i < INPUTS; i += THREADS) {
        normed[i] = (x[i] - moments.x) * moments.y * gamma[i] + beta[i];
    }
    workgroupBarrier();
}

fn input(start: u32, k: u32) -> f32 {
    return normed[k];
}

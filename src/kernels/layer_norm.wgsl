// A workgroup a row: its invocations share the sums.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let start = group.x * info.width;
    var part = 0.0;
    for (var i = local; i < info.width; i += THREADS) {
        part += x[start + i];
    }
    let mean = add_parts(part, local) / f32(info.width);
    part = 0.0;
    for (var i = local; i < info.width; i += THREADS) {
        let centred = x[start + i] - mean;
        part += centred * centred;
    }
    let variance = add_parts(part, local) / f32(info.width);
    let scale = inverseSqrt(variance + bitcast<f32>(info.epsilon));
    for (var i = local; i < info.width; i += THREADS) {
        y[start + i] = (x[start + i] - mean) * scale * gamma[i] + beta[i];
    }
}

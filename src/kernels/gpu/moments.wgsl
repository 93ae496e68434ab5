// The moments of numbers that a workgroup shares, for the norms; info has an epsilon. `add_parts` comes before this.

// The mean of `count` numbers of x from `start` on, and 1 / √(variance + epsilon).
fn mean_and_scale(start: u32, count: u32, local: u32) -> vec2<f32> {
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
    return vec2(mean, inverseSqrt(variance + bitcast<f32>(info.epsilon)));
}

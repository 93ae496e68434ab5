// The moments of numbers that a workgroup shares. `add_parts` comes before this.

// The mean and the variance of `count` numbers of x from `start` on.
fn mean_and_variance(start: u32, count: u32, local: u32) -> vec2<f32> {
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
    return vec2(mean, add_parts(part, local) / f32(count));
}

// The moments of numbers that a workgroup shares. wgsl.rs puts THREADS before this.

var<workgroup> parts: array<f32, THREADS>;
var<workgroup> sums: array<f32, THREADS / 16u>;

// The sum of what all invocations have, for each of them: first of every sixteen, then of those sums.
fn add_parts(part: f32, local: u32) -> f32 {
    parts[local] = part;
    workgroupBarrier();
    if local < THREADS / 16u {
        var sum = 0.0;
        for (var i = 0u; i < 16u; i++) {
            sum += parts[16u * local + i];
        }
        sums[local] = sum;
    }
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < THREADS / 16u; i++) {
        total += sums[i];
    }
    return total;
}

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

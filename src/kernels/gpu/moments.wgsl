// For the norms, whose info has an epsilon: the mean, and 1 / √(variance + epsilon).
fn mean_and_scale(start: u32, count: u32, local: u32) -> vec2<f32> {
    let moments = mean_and_variance(start, count, local);
    return vec2(moments.x, inverseSqrt(moments.y + bitcast<f32>(info.epsilon)));
}

// A workgroup has a part of a group, and what parts.wgsl has found of all its parts, which it puts together (Chan et al.,
// "Updating formulae and a pairwise algorithm for computing sample variances", 1979). There are THREADS parts at most.
//
// gpu.rs puts V, SPAN, `activate` and `add_parts` before this.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = group.z * info.groups + group.y;
    let all = f32(SPAN * info.count);
    var found = vec2<f32>();
    var numbers = 0.0;
    if local < info.parts {
        found = moments[index * info.parts + local];
        numbers = f32(SPAN * min(info.part, info.count - local * info.part));
    }
    let mean = add_parts(numbers * found.x, local) / all;
    let difference = found.x - mean;
    let variance = add_parts(found.y + numbers * difference * difference, local) / all;
    let scale = inverseSqrt(variance + bitcast<f32>(info.epsilon));

    let first = group.x * info.part;
    let end = min(info.count, first + info.part);
    for (var i = first + local; i < end; i += THREADS) {
        let channel = group.y * info.channels + i / info.plane;
        let at = index * info.count + i;
        y[at] = activate((x[at] - mean) * (scale * gamma[channel]) + beta[channel]);
    }
}

// A workgroup has a part of a group, and finds its mean and the sum of (x - mean)². `count` and `part` are of Vs: fours of
// numbers, or single ones.
//
// gpu.rs puts V, `across`, the sum of a V's numbers, SPAN, how many those are, and `add_parts` before this.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = group.z * info.groups + group.y;
    let first = group.x * info.part;
    let start = index * info.count + first;
    let count = min(info.part, info.count - first);
    var sum = V();
    for (var i = local; i < count; i += THREADS) {
        sum += x[start + i];
    }
    let mean = add_parts(across(sum), local) / f32(SPAN * count);
    var squares = V();
    for (var i = local; i < count; i += THREADS) {
        let centred = x[start + i] - mean;
        squares += centred * centred;
    }
    let all = add_parts(across(squares), local);
    if local == 0u {
        y[index * info.parts + group.x] = vec2(mean, all);
    }
}

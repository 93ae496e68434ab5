// An invocation has one query of one head, and goes over the keys once. The maximum is found on the way, and what was
// added before is scaled down when a larger one comes (Milakov and Gimelshein, "Online normalizer calculation for
// softmax", 2018).
//
// cross_attention.rs puts QUADS, the size of a head in fours, before this, and repeats each line that has a # for every four.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let place = group.x * 64u + local;
    if place >= info.places {
        return;
    }
    let stride = info.heads * QUADS;
    let at = (group.z * info.places + place) * stride + group.y * QUADS;
    let scale = bitcast<f32>(info.scale);
    let query# = scale * queries[at + #u];
    var mixed# = vec4<f32>();
    var largest = -3.4e38;
    var total = 0.0;
    let others = info.others;
    var other = group.z * others * stride + group.y * QUADS;
    for (var i = 0u; i < others; i++) {
        var score = 0.0;
        score += dot(query#, keys[other + #u]);
        if score > largest {
            let fade = exp(largest - score);
            total *= fade;
            mixed# *= fade;
            largest = score;
        }
        let weight = exp(score - largest);
        total += weight;
        mixed# += weight * values[other + #u];
        other += stride;
    }
    y[at + #u] = mixed# / total;
}

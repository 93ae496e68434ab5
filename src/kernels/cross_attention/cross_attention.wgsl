// An invocation has PART fours of the result of one query of one head, and goes over the keys once. The maximum is found on
// the way, and what was added before is scaled down when a larger one comes (Milakov and Gimelshein, "Online normalizer
// calculation for softmax", 2018).
//
// gpu.rs puts QUADS, the size of a head in fours, and PART before this, and repeats each line that has a # for
// every four of a part.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = group.x * 64u + local;
    let position = index % info.query_count;
    let part = index / info.query_count * PART;
    if part >= QUADS {
        return;
    }
    let stride = info.heads * QUADS;
    let query = (group.z * info.query_count + position) * stride + group.y * QUADS;
    let scale = bitcast<f32>(info.scale);
    var mixed# = vec4<f32>();
    var largest = -3.4e38;
    var total = 0.0;
    let count = info.key_count;
    var key = group.z * count * stride + group.y * QUADS;
    for (var i = 0u; i < count; i++) {
        var score = 0.0;
        for (var quad = 0u; quad < QUADS; quad += PART) {
            score += dot(queries[query + quad + #u], keys[key + quad + #u]);
        }
        score *= scale;
        if score > largest {
            let fade = exp(largest - score);
            total *= fade;
            mixed# *= fade;
            largest = score;
        }
        let weight = exp(score - largest);
        total += weight;
        mixed# += weight * values[key + part + #u];
        key += stride;
    }
    y[query + part + #u] = mixed# / total;
}

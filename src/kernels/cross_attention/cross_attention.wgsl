// LANES neighbours have QUERIES queries of a head, and every LANES-th four of each: of the query and of its result. So a
// number that is read of a key or a value serves several products, and all that an invocation has stays in registers. A
// workgroup goes over the keys by KEYS, which it copies to its memory. Each neighbour has a part of a score, and all of
// them add up the parts. The largest score is found on the way, and what was added before is scaled down when a larger one
// comes (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
//
// gpu.rs puts LANES, KEYS, QUERIES, QUADS, the size of a head in fours, and Q, a vector of QUERIES numbers, before this. It
// repeats each line that has a $ for every query, and each that has a # for every four.

const LOWEST = -3.4e38;

var<workgroup> tile_keys: array<vec4<f32>, KEYS * QUADS>;
var<workgroup> tile_values: array<vec4<f32>, KEYS * QUADS>;
var<workgroup> parts: array<Q, KEYS * 64u>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let lane = local % LANES;
    let position = (group.x * (64u / LANES) + local / LANES) * QUERIES;
    let stride = info.heads * QUADS;
    let head = group.y * QUADS;
    let row = group.z * info.query_count;
    // Those beyond the last read it again, since they meet the others at the barriers, and write nothing.
    let query$ = (row + min(position + $u, info.query_count - 1u)) * stride + head + lane;
    let q$_# = bitcast<f32>(info.scale) * queries[query$ + #u * LANES];
    var mixed$_# = vec4<f32>();
    var largest = Q() + LOWEST;
    var total = Q();
    for (var done = 0u; done < info.key_count; done += KEYS) {
        let count = min(KEYS, info.key_count - done);
        let first = (group.z * info.key_count + done) * stride + head;
        workgroupBarrier();
        for (var i = local; i < count * QUADS; i += 64u) {
            let at = first + i / QUADS * stride + i % QUADS;
            tile_keys[i] = keys[at];
            tile_values[i] = values[at];
        }
        workgroupBarrier();
        for (var k = 0u; k < count; k++) {
            let at = k * QUADS + lane;
            let key# = tile_keys[at + #u * LANES];
            var products$ = vec4<f32>();
            products$ += q$_# * key#;
            var part: Q;
            part[$] = (products$.x + products$.y) + (products$.z + products$.w);
            parts[k * 64u + local] = part;
        }
        workgroupBarrier();
        for (var k = 0u; k < count; k++) {
            var scores = Q();
            for (var i = 0u; i < LANES; i++) {
                scores += parts[k * 64u + local - lane + i];
            }
            if any(scores > largest) {
                let next = max(largest, scores);
                let fade = exp(largest - next);
                total *= fade;
                mixed$_# *= fade[$];
                largest = next;
            }
            let weights = exp(scores - largest);
            total += weights;
            let at = k * QUADS + lane;
            let value# = tile_values[at + #u * LANES];
            mixed$_# += weights[$] * value#;
        }
    }
    if position + $u < info.query_count { y[query$ + #u * LANES] = mixed$_# / total[$]; }
}

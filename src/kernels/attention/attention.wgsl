// A workgroup has one query of one head, and goes over the keys by THREADS: each invocation scores one of them; then every
// 64 invocations have a dimension each of the result and add up the values of 64 keys, their part. The maximum is found on
// the way, and what was added before is scaled down when a larger one comes (Milakov and Gimelshein, "Online normalizer
// calculation for softmax", 2018).
//
// The new tokens' keys and values are read from qkv, since other workgroups have perhaps not written them yet.
// gpu.rs puts THREADS, HEAD_SIZE and DIMS = ⌈HEAD_SIZE / 64⌉ before this, V, the numbers of a head that are read at once,
// SPAN, how many those are, `product` of two of them, `number` of qkv, and repeats each line that has a $ for four keys.

const LOWEST = -3.4e38;
const PARTS = THREADS / 64u;
const SPANS = HEAD_SIZE / SPAN;

var<workgroup> before: u32;
var<workgroup> query: array<V, SPANS>;
var<workgroup> scores: array<f32, THREADS>;
var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let head = group.x;
    let token = group.y;
    let row = group.z;
    if local == 0u {
        before = positions[0];
    }
    let position = workgroupUniformLoad(&before);
    let width = info.n_head * HEAD_SIZE;
    let news = row * info.length * 3u * width + head * HEAD_SIZE; // the row's first new token in qkv
    let mine = news + token * 3u * width;
    let cache = (row * info.n_head + head) * info.capacity * HEAD_SIZE;

    for (var d = local; d < SPANS; d += THREADS) {
        query[d] = bitcast<f32>(info.scale) * qkv[mine / SPAN + d];
        keys[(cache + (position + token) * HEAD_SIZE) / SPAN + d] = qkv[(mine + width) / SPAN + d];
    }
    for (var d = local; d < HEAD_SIZE; d += THREADS) {
        values[cache + (position + token) * HEAD_SIZE + d] = number(mine + 2u * width + d);
    }
    workgroupBarrier();

    let count = position + token + 1u;
    let part = local / 64u;
    var largest = LOWEST;
    var total = 0.0;
    var mixed = array<f32, DIMS>();
    for (var first = 0u; first < count; first += THREADS) {
        let key = first + local;
        var score = LOWEST;
        if key < position {
            let at = (cache + key * HEAD_SIZE) / SPAN;
            score = 0.0;
            for (var d = 0u; d < SPANS; d++) {
                score += product(query[d], keys[at + d]);
            }
        } else if key < count {
            let at = (news + ((key - position) * 3u + 1u) * width) / SPAN;
            score = 0.0;
            for (var d = 0u; d < SPANS; d++) {
                score += product(query[d], qkv[at + d]);
            }
        }
        scores[local] = score;
        workgroupBarrier();
        var now = LOWEST;
        for (var k = 64u * part; k < 64u * part + 64u; k++) {
            now = max(now, scores[k]);
        }
        if PARTS > 1u {
            sums[local] = now;
            workgroupBarrier();
            for (var other = 0u; other < PARTS; other++) {
                now = max(now, sums[64u * other]);
            }
        }
        now = max(now, largest);
        workgroupBarrier();
        scores[local] = exp(score - now);
        workgroupBarrier();
        let fade = exp(largest - now);
        largest = now;
        let start = 64u * part;
        let end = min(start + 64u, count - first); // may be below the start
        let known = min(end, max(position, first) - first);
        total *= fade;
        for (var k = start; k < end; k++) {
            total += scores[k];
        }
        for (var dim = 0u; dim < DIMS; dim++) {
            let d = min(64u * dim + local % 64u, HEAD_SIZE - 1u);
            var sum = fade * mixed[dim];
            var k = start;
            var at = cache + (first + k) * HEAD_SIZE + d;
            for (; k + 4u <= known; k += 4u) {
                sum += scores[k + $u] * values[at + $u * HEAD_SIZE];
                at += 4u * HEAD_SIZE;
            }
            for (; k < known; k++) {
                sum += scores[k] * values[at];
                at += HEAD_SIZE;
            }
            for (; k < end; k++) {
                sum += scores[k] * number(news + ((first + k - position) * 3u + 2u) * width + d);
            }
            mixed[dim] = sum;
        }
        workgroupBarrier();
    }
    total = over_parts(total, local);
    for (var dim = 0u; dim < DIMS; dim++) {
        let d = 64u * dim + local;
        let sum = over_parts(mixed[dim], local);
        if local < 64u && d < HEAD_SIZE {
            y[(row * info.length + token) * width + head * HEAD_SIZE + d] = sum / total;
        }
    }
}

// The sum over all parts.
fn over_parts(value: f32, local: u32) -> f32 {
    if PARTS == 1u {
        return value;
    }
    workgroupBarrier();
    sums[local] = value;
    workgroupBarrier();
    var sum = 0.0;
    for (var part = 0u; part < PARTS; part++) {
        sum += sums[64u * part + local % 64u];
    }
    return sum;
}

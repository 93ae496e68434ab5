// A workgroup has one query of one head, and goes over the keys by 64: each invocation scores one of them; then each
// has a dimension of the result and adds up the values. The maximum is found on the way, and what was added before is
// scaled down when a larger one comes (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
//
// The new tokens' keys and values are read from qkv, since other workgroups have perhaps not written them yet.
// gpu.rs puts HEAD_SIZE and DIMS = ⌈HEAD_SIZE / 64⌉ before this.

const LOWEST = -3.4e38;

var<workgroup> query: array<f32, HEAD_SIZE>;
var<workgroup> scores: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let head = group.x;
    let token = group.y;
    let row = group.z;
    let width = info.n_head * HEAD_SIZE;
    let news = row * info.length * 3u * width + head * HEAD_SIZE; // the row's first new token in qkv
    let mine = news + token * 3u * width;
    let cache = (row * info.n_head + head) * info.capacity * HEAD_SIZE;

    for (var d = local; d < HEAD_SIZE; d += 64u) {
        query[d] = bitcast<f32>(info.scale) * qkv[mine + d];
        let to = cache + (info.position + token) * HEAD_SIZE + d;
        keys[to] = qkv[mine + width + d];
        values[to] = qkv[mine + 2u * width + d];
    }
    workgroupBarrier();

    let count = info.position + token + 1u;
    var largest = LOWEST;
    var total = 0.0;
    var mixed = array<f32, DIMS>();
    for (var first = 0u; first < count; first += 64u) {
        let key = first + local;
        var score = LOWEST;
        if key < info.position {
            score = 0.0;
            for (var d = 0u; d < HEAD_SIZE; d++) {
                score += query[d] * keys[cache + key * HEAD_SIZE + d];
            }
        } else if key < count {
            score = 0.0;
            for (var d = 0u; d < HEAD_SIZE; d++) {
                score += query[d] * qkv[news + ((key - info.position) * 3u + 1u) * width + d];
            }
        }
        scores[local] = score;
        workgroupBarrier();
        let n = min(64u, count - first);
        var now = largest;
        for (var k = 0u; k < n; k++) {
            now = max(now, scores[k]);
        }
        workgroupBarrier();
        scores[local] = exp(score - now);
        workgroupBarrier();
        let fade = exp(largest - now);
        largest = now;
        total *= fade;
        for (var k = 0u; k < n; k++) {
            total += scores[k];
        }
        for (var dim = 0u; dim < DIMS; dim++) {
            let d = min(64u * dim + local, HEAD_SIZE - 1u);
            var sum = fade * mixed[dim];
            for (var k = 0u; k < n; k++) {
                let key = first + k;
                if key < info.position {
                    sum += scores[k] * values[cache + key * HEAD_SIZE + d];
                } else {
                    sum += scores[k] * qkv[news + ((key - info.position) * 3u + 2u) * width + d];
                }
            }
            mixed[dim] = sum;
        }
        workgroupBarrier();
    }
    for (var dim = 0u; dim < DIMS; dim++) {
        let d = 64u * dim + local;
        if d < HEAD_SIZE {
            y[(row * info.length + token) * width + head * HEAD_SIZE + d] = mixed[dim] / total;
        }
    }
}

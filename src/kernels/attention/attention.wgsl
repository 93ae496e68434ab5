// A workgroup has one query of one head, and goes over the keys by THREADS: each invocation scores one of them; then WIDTH
// invocations have a span of the result each and add up the values of every PARTS-th key. The maximum is found on the way,
// and what was added before is scaled down when a larger one comes (Milakov and Gimelshein, "Online normalizer calculation
// for softmax", 2018).
//
// The spans of keys lie apart, [SPANS, capacity], so that invocations that read one each read what lies together.
// The new tokens' keys and values are read from qkv, since other workgroups have perhaps not written them yet.
// gpu.rs puts THREADS, HEAD_SIZE and WIDTH before this, V, the SPAN numbers of a head that are read at once, `product` of two
// of those, and repeats each line that has a $ for the ABREAST keys whose values are read at once.

const LOWEST = -3.4e38;
const SPANS = HEAD_SIZE / SPAN;
const DIMS = (SPANS + WIDTH - 1u) / WIDTH;
const PARTS = THREADS / WIDTH;

var<workgroup> before: u32;
var<workgroup> query: array<V, SPANS>;
var<workgroup> scores: array<f32, THREADS>;
var<workgroup> largests: array<f32, THREADS / 16u>;
var<workgroup> totals: array<f32, THREADS>;
var<workgroup> sums: array<V, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let head = group.x;
    let token = group.y;
    let row = group.z;
    let width = info.n_head * SPANS;
    let news = row * info.length * 3u * width + head * SPANS; // the row's first new token in qkv
    let mine = news + token * 3u * width;
    let cache = (row * info.n_head + head) * info.capacity * SPANS;
    for (var d = local; d < SPANS; d += THREADS) {
        query[d] = bitcast<f32>(info.scale) * qkv[mine + d];
    }
    if local == 0u {
        before = positions[0];
    }
    let position = workgroupUniformLoad(&before); // after which all see the query too
    for (var d = local; d < SPANS; d += THREADS) {
        keys[cache + d * info.capacity + position + token] = qkv[mine + width + d];
        values[cache + (position + token) * SPANS + d] = qkv[mine + 2u * width + d];
    }

    let count = position + token + 1u;
    let part = local / WIDTH;
    var largest = LOWEST;
    var total = 0.0;
    var mixed = array<V, DIMS>();
    for (var first = 0u; first < count; first += THREADS) {
        let key = first + local;
        var score = LOWEST;
        if key < position {
            score = 0.0;
            for (var d = 0u; d < SPANS; d++) {
                score += product(query[d], keys[cache + d * info.capacity + key]);
            }
        } else if key < count {
            let at = news + ((key - position) * 3u + 1u) * width;
            score = 0.0;
            for (var d = 0u; d < SPANS; d++) {
                score += product(query[d], qkv[at + d]);
            }
        }
        scores[local] = score;
        workgroupBarrier();
        if local < THREADS / 16u {
            var now = LOWEST;
            for (var i = 0u; i < 16u; i++) {
                now = max(now, scores[16u * local + i]);
            }
            largests[local] = now;
        }
        workgroupBarrier();
        var now = largest;
        for (var i = 0u; i < THREADS / 16u; i++) {
            now = max(now, largests[i]);
        }
        scores[local] = exp(score - now);
        workgroupBarrier();
        let fade = exp(largest - now);
        largest = now;
        total *= fade;
        let end = min(THREADS, count - first);
        let known = min(end, max(position, first) - first);
        for (var k = part; k < end; k += PARTS) {
            total += scores[k];
        }
        for (var dim = 0u; dim < DIMS; dim++) {
            let d = min(dim * WIDTH + local % WIDTH, SPANS - 1u);
            var sum = fade * mixed[dim];
            var k = part;
            // Beyond the last, that one is read again, and does not count.
            for (; k < known; k += ABREAST * PARTS) {
                let k$ = min(k + $u * PARTS, known - 1u);
                let v$ = values[cache + (first + k$) * SPANS + d];
                sum += select(0.0, scores[k$], k + $u * PARTS < known) * v$;
            }
            // The first of this part that is not known.
            for (k = known + (part + PARTS - known % PARTS) % PARTS; k < end; k += PARTS) {
                sum += scores[k] * qkv[news + ((first + k - position) * 3u + 2u) * width + d];
            }
            mixed[dim] = sum;
        }
        workgroupBarrier();
    }

    totals[local] = total;
    for (var dim = 0u; dim < DIMS; dim++) {
        sums[local] = mixed[dim];
        workgroupBarrier();
        let d = dim * WIDTH + local;
        if local < WIDTH && d < SPANS {
            var sum = V();
            var all = 0.0;
            for (var i = local; i < THREADS; i += WIDTH) {
                sum += sums[i];
                all += totals[i];
            }
            y[(row * info.length + token) * width + head * SPANS + d] = sum / all;
        }
        workgroupBarrier();
    }
}

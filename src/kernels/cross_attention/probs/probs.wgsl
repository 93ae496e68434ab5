// SHARERS invocations have a query, and every SHARERS-th key of it each. They go over a head's keys twice: for the sum of the
// exponentials, and for what each is of it. Nothing but the result is kept, however many keys there are.
//
// gpu.rs puts QUADS, the size of a head in fours, and SHARERS before this.

const LOWEST = -3.4e38;

var<workgroup> parts: array<vec2<f32>, 64>;

fn score(query: u32, key: u32) -> f32 {
    var sum = 0.0;
    for (var quad = 0u; quad < QUADS; quad++) {
        sum += dot(queries[query + quad], keys[key + quad]);
    }
    return bitcast<f32>(info.scale) * sum;
}

// The largest score and the sum of exp(score - largest) of all who share a query.
fn over_sharers(part: vec2<f32>, local: u32) -> vec2<f32> {
    if SHARERS == 1u {
        return part;
    }
    workgroupBarrier();
    parts[local] = part;
    workgroupBarrier();
    let first = local / SHARERS * SHARERS;
    var largest = LOWEST;
    for (var i = 0u; i < SHARERS; i++) {
        largest = max(largest, parts[first + i].x);
    }
    var total = 0.0;
    for (var i = 0u; i < SHARERS; i++) {
        total += parts[first + i].y * exp(parts[first + i].x - largest);
    }
    return vec2(largest, total);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let index = (group.x * 64u + local) / SHARERS;
    // Those beyond the last compute it again, since they meet the others at the barriers, and write nothing.
    let position = min(index, info.query_count - 1u);
    let count = select(0u, info.key_count, index < info.query_count);
    let stride = info.heads * QUADS;
    let start = (group.y * info.query_count + position) * info.key_count;
    for (var head = 0u; head < info.heads; head++) {
        let query = (group.y * info.query_count + position) * stride + head * QUADS;
        let first = group.y * info.key_count * stride + head * QUADS;
        var largest = LOWEST;
        var total = 0.0;
        for (var key = local % SHARERS; key < info.key_count; key += SHARERS) {
            let now = score(query, first + key * stride);
            let next = max(largest, now);
            total = total * exp(largest - next) + exp(now - next);
            largest = next;
        }
        let all = over_sharers(vec2(largest, total), local);
        for (var key = local % SHARERS; key < count; key += SHARERS) {
            let prob = exp(score(query, first + key * stride) - all.x) / (all.y * f32(info.heads));
            y[start + key] = select(y[start + key] + prob, prob, head == 0u);
        }
    }
}

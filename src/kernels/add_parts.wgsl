// The sum of what all invocations of a workgroup have, for each of them: first of every sixteen, then of those sums.
//
// gpu.rs puts THREADS before this.

var<workgroup> parts: array<f32, THREADS>;
var<workgroup> sums: array<f32, THREADS / 16u>;

fn add_parts(part: f32, local: u32) -> f32 {
    parts[local] = part;
    workgroupBarrier();
    if local < THREADS / 16u {
        var sum = 0.0;
        for (var i = 0u; i < 16u; i++) {
            sum += parts[16u * local + i];
        }
        sums[local] = sum;
    }
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < THREADS / 16u; i++) {
        total += sums[i];
    }
    return total;
}

// The sum of what all invocations of a workgroup have, for each of them.

var<workgroup> parts: array<f32, 64>;

fn add_parts(part: f32, local: u32) -> f32 {
    parts[local] = part;
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < 64u; i++) {
        total += parts[i];
    }
    workgroupBarrier();
    return total;
}

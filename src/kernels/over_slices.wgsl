// The sum of what SLICES invocations have for the same outputs. A workgroup has WORKERS such sets, side by side.

var<workgroup> slices: array<vec4<f32>, WORKERS * SLICES>;

fn over_slices(part: vec4<f32>, local: u32) -> vec4<f32> {
    slices[local] = part;
    workgroupBarrier();
    var total = vec4<f32>();
    for (var slice = 0u; slice < SLICES; slice++) {
        total += slices[slice * WORKERS + local % WORKERS];
    }
    workgroupBarrier();
    return total;
}

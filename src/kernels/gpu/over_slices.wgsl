// The sum of what SLICES invocations have for the same outputs, first of every sixteen, then of those sums. A workgroup has
// WORKERS such sets, side by side.

const SIXTEENTHS = (SLICES + 15u) / 16u;

var<workgroup> slices: array<vec4<f32>, WORKERS * SLICES>;
var<workgroup> sixteens: array<vec4<f32>, WORKERS * SIXTEENTHS>;

fn over_slices(part: vec4<f32>, local: u32) -> vec4<f32> {
    slices[local] = part;
    workgroupBarrier();
    if local < WORKERS * SIXTEENTHS {
        var sum = vec4<f32>();
        for (var i = local; i < WORKERS * SLICES; i += WORKERS * SIXTEENTHS) {
            sum += slices[i];
        }
        sixteens[local] = sum;
    }
    workgroupBarrier();
    var total = vec4<f32>();
    for (var i = 0u; i < SIXTEENTHS; i++) {
        total += sixteens[i * WORKERS + local % WORKERS];
    }
    return total;
}

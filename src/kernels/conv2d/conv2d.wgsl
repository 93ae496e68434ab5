// convolution(x) + bias + each + residual: an invocation has four places in a row, of four outputs.
//
// gpu.rs puts SIZE, STRIDE, BEFORE, SHIFT, `each_at` and `residual_at` before this, and the products of a row of the kernels
// in its place, written out for each of its columns.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    // The work of a picture is spread over two dimensions: one alone may have 65,535 groups.
    let index = (group.z * info.groups + group.x) * 64u + local;
    let across = (info.out_width + 3u) / 4u;
    let quads = across * info.out_height;
    let output = 4u * (index / quads);
    if output >= info.outputs {
        return;
    }
    let out_y = index % quads / across;
    let out_x = 4u * (index % quads % across);
    let top = i32(out_y * STRIDE) - BEFORE;
    let left = i32(out_x * STRIDE) - BEFORE;
    let height = i32(info.height << SHIFT);
    let plane = info.height * info.width;
    let inputs = info.inputs;
    let stride = (info.outputs + 3u) / 4u;
    var at = output / 4u;
    var channel = group.y * inputs * plane;
    var sum0 = vec4<f32>();
    var sum1 = vec4<f32>();
    var sum2 = vec4<f32>();
    var sum3 = vec4<f32>();
    for (var input = 0u; input < inputs; input++) {
        for (var row = 0u; row < SIZE; row++) {
            let in_y = top + i32(row);
            if in_y >= 0 && in_y < height {
                let line = channel + (u32(in_y) >> SHIFT) * info.width;
// products
            }
            at += SIZE * stride;
        }
        channel += plane;
    }
    for (var i = 0u; i < min(4u, info.outputs - output); i++) {
        let each = bias[output + i] + each_at(group.y * info.outputs + output + i);
        let to = ((group.y * info.outputs + output + i) * info.out_height + out_y) * info.out_width + out_x;
        write(to, out_x, sum0[i] + each);
        write(to + 1u, out_x + 1u, sum1[i] + each);
        write(to + 2u, out_x + 2u, sum2[i] + each);
        write(to + 3u, out_x + 3u, sum3[i] + each);
    }
}

// A place of a row of the picture, and zero beside it.
fn number(line: u32, place: i32) -> f32 {
    let last = i32(info.width << SHIFT) - 1;
    return select(0.0, x[line + (u32(clamp(place, 0, last)) >> SHIFT)], place >= 0 && place <= last);
}

fn write(to: u32, place: u32, value: f32) {
    if place < info.out_width {
        y[to] = value + residual_at(to);
    }
}

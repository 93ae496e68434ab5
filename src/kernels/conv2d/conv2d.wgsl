// convolution(x) + bias + each + residual: an invocation has PLACES places in a row, of four outputs.
//
// gpu.rs puts PLACES, SIZE, STRIDE, BEFORE, SHIFT, `each_at` and `residual_at` before this, repeats each line that has a # for
// every place, and puts the products of a row of the kernels in their place, written out for each of its columns.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    // The work of a picture is spread over two dimensions: one alone may have 65,535 groups.
    let index = (group.z * info.groups + group.x) * 64u + local;
    let across = (info.out_width + PLACES - 1u) / PLACES;
    let parts = across * info.out_height;
    let output = 4u * (index / parts);
    if output >= info.outputs {
        return;
    }
    let out_y = index % parts / across;
    let out_x = PLACES * (index % parts % across);
    let top = i32(out_y * STRIDE) - BEFORE;
    let left = i32(out_x * STRIDE) - BEFORE;
    let height = i32(info.height << SHIFT);
    let plane = info.height * info.width;
    let inputs = info.inputs;
    let stride = (info.outputs + 3u) / 4u;
    var at = output / 4u;
    var channel = group.y * inputs * plane;
    var sum# = vec4<f32>();
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
        write(to + #u, out_x + #u, sum#[i] + each);
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

// convolution(x) + bias + per_channel + residual for small pictures, which have too few pixels for the many invocations that a
// GPU needs. An invocation has PIXELS pixels of a row, of four outputs; SLICES invocations share their inputs, each taking every
// SLICES-th channel.
//
// slices.rs puts PIXELS, WORKERS, SLICES, SIZE, STRIDE, BEFORE, SHIFT, `stride`, `quad`, `scale`, `per_channel_at` and
// `residual_at` before this, repeats each line that has a # for every pixel, and replaces the line of the products by those
// of a row of the kernels, written out for each of its columns.

@compute @workgroup_size(WORKERS, SLICES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) id: vec3<u32>,
    @builtin(local_invocation_index) local: u32
) {
    // The work of a picture is spread over two dimensions: one alone may have 65,535 groups.
    let index = (group.z * info.groups + group.x) * WORKERS + id.x;
    let slice = id.y;
    let across = (info.out_width + PIXELS - 1u) / PIXELS;
    let per_output = across * info.out_height;
    let output = 4u * (index / per_output);
    let is_inside = output < info.outputs;
    let out_y = index % per_output / across;
    let out_x = PIXELS * (index % per_output % across);
    var sum# = vec4<f32>();
    if is_inside {
        let top = i32(out_y * STRIDE) - BEFORE;
        let left = i32(out_x * STRIDE) - BEFORE;
        let height = i32(info.in_height << SHIFT);
        let in_width = info.in_width;
        let plane = info.in_height * in_width;
        let inputs = info.inputs;
        let stride = stride();
        let step = inputs * stride;
        var channel = (group.y * inputs + slice) * plane;
        for (var input = slice; input < inputs; input += SLICES) {
            for (var row = 0u; row < SIZE; row++) {
                let in_y = top + i32(row);
                if in_y >= 0 && in_y < height {
                    let line = channel + (u32(in_y) >> SHIFT) * in_width;
                    let first = row * SIZE * inputs + input;
                    let at = first * stride + output / 4u;
// products
                }
            }
            channel += SLICES * plane;
        }
    }
    sum# = over_slices(sum#, local);
    if is_inside && slice == 0u {
        for (var i = 0u; i < min(4u, info.outputs - output); i++) {
            let constant = bias[output + i] + per_channel_at(group.y * info.outputs + output + i);
            let to = ((group.y * info.outputs + output + i) * info.out_height + out_y) * info.out_width + out_x;
            write(to + #u, out_x + #u, sum#[i] + constant);
        }
    }
}

// A pixel of a row of the picture, and zero beside it.
fn number(line: u32, column: i32) -> f32 {
    let last = i32(info.in_width << SHIFT) - 1;
    return select(0.0, x[line + (u32(clamp(column, 0, last)) >> SHIFT)], column >= 0 && column <= last);
}

fn write(to: u32, column: u32, value: f32) {
    if column < info.out_width {
        y[to] = value + residual_at(to);
    }
}

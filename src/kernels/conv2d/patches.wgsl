// convolution(x) + bias + per_channel + residual on a processor that plays a GPU. There a number that is read costs as much as
// twenty products. So an invocation has a patch of SIDE by SIDE pixels, of 4 · QUADS outputs: what lies under its kernels is read
// once for each channel, and serves all the positions of the kernels and all the outputs.
//
// patches.rs and gpu.rs put the constants, `stride`, `quad`, `scale`, `per_channel_at` and `residual_at` before this. They repeat
// each line that has a # for every pixel of the patch, and each that has a $ for every four outputs, and write out three parts:
// the lines and columns of the picture under the patch, its numbers there, and the products.

@compute @workgroup_size(WORKERS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    // The work of a picture is spread over two dimensions: one alone may have 65,535 groups.
    let index = (group.z * info.groups + group.x) * WORKERS + local;
    let across = (info.out_width + SIDE - 1u) / SIDE;
    let per_output = across * ((info.out_height + SIDE - 1u) / SIDE);
    let column = index / per_output * QUADS;
    if 4u * column >= info.outputs { return; }
    let out_y = index % per_output / across * SIDE;
    let out_x = index % per_output % across * SIDE;
    let top = i32(out_y * STRIDE) - BEFORE;
    let left = i32(out_x * STRIDE) - BEFORE;
// lines and columns
    var sum#_$ = vec4<f32>();
    let inputs = info.inputs;
    let plane = info.in_height * info.in_width;
    let stride = stride();
    let step = inputs * stride;
    var channel = group.y * inputs * plane;
    for (var input = 0u; input < inputs; input++) {
        let at = input * stride;
// numbers
// products
        channel += plane;
    }
    write(group.y, 4u * (column + $u), out_y + #u / SIDE, out_x + #u % SIDE, sum#_$);
}

// The line or column of a picture of this size that is nearest, and whether it is that very one.
fn nearest(number: i32, size: u32) -> u32 {
    return u32(clamp(number, 0, i32(size << SHIFT) - 1)) >> SHIFT;
}
fn is_inside(number: i32, size: u32) -> bool {
    return number >= 0 && number < i32(size << SHIFT);
}

// A pixel of four outputs.
fn write(picture: u32, first: u32, out_y: u32, out_x: u32, sum: vec4<f32>) {
    if out_y >= info.out_height || out_x >= info.out_width { return; }
    for (var i = 0u; i < 4u; i++) {
        if first + i < info.outputs {
            let output = picture * info.outputs + first + i;
            let to = (output * info.out_height + out_y) * info.out_width + out_x;
            y[to] = sum[i] + bias[first + i] + per_channel_at(output) + residual_at(to);
        }
    }
}

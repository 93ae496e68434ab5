// convolution(x) + bias + per_channel + residual as a product of matrices, in the tiles of gpu/tile.wgsl. Its left matrix is the
// kernels', a row an output; a column of the right one is what lies under the kernels at a pixel, which exists only here, as it
// is fetched. A step has DEPTH channels at one position of the kernels.
//
// gpu.rs puts SIZE, STRIDE, BEFORE, SHIFT, `stride`, `quad` and `scale` before this, and repeats each line that has a $ for four
// channels, or for four pixels.

var<private> picture: u32;
var<private> outputs: u32;
// What lies under the first position of the kernels at the four pixels that an invocation fetches for, always the same.
var<private> first_line: vec4<i32>;
var<private> first_column: vec4<i32>;

fn prepare(product: u32, group: vec2<u32>, local: u32) {
    picture = product;
    outputs = group.y * QUADS;
    let pixel = group.x * TILE + 4u * (local % QUADS) + vec4(0u, 1u, 2u, 3u);
    first_line = vec4<i32>(pixel / info.out_width * STRIDE) - BEFORE;
    first_column = vec4<i32>(pixel % info.out_width * STRIDE) - BEFORE;
}

// Steps at one position of the kernels.
fn deep() -> u32 {
    return (info.inputs + DEPTH - 1u) / DEPTH;
}

fn steps() -> u32 {
    return SIZE * SIZE * deep();
}

fn fetch_left(step: u32, index: u32) {
    let inner = 4u * (index / QUADS);
    let quad = index % QUADS;
    let position = step / deep();
    let channel = step % deep() * DEPTH + inner;
    left[(inner + $u) * PITCH + quad] = kernels(position, channel + $u, outputs + quad);
}

// Those of four outputs at a position, for a channel.
fn kernels(position: u32, channel: u32, column: u32) -> vec4<f32> {
    if channel >= info.inputs { return vec4<f32>(); }
    let k = position * info.inputs + channel;
    return quad(k * stride(), column) * scale(k / BLOCK, column);
}

fn fetch_right(step: u32, index: u32) {
    let inner = 4u * (index / QUADS);
    let quad = index % QUADS;
    let position = step / deep();
    let channel = step % deep() * DEPTH + inner;
    let line = first_line + i32(position / SIZE);
    let column = first_column + i32(position % SIZE);
    let height = vec4(i32(info.in_height << SHIFT));
    let width = vec4(i32(info.in_width << SHIFT));
    let is_inside = (line >= vec4(0)) & (line < height) & (column >= vec4(0)) & (column < width);
    let at = (vec4<u32>(line) >> vec4(SHIFT)) * info.in_width + (vec4<u32>(column) >> vec4(SHIFT));
    right[(inner + $u) * PITCH + quad] = pixels(channel + $u, at, is_inside);
}

// Four pixels of a channel, and zero beside the picture.
fn pixels(channel: u32, at: vec4<u32>, is_inside: vec4<bool>) -> vec4<f32> {
    if channel >= info.inputs { return vec4<f32>(); }
    let plane = (picture * info.inputs + channel) * info.in_height * info.in_width;
    var numbers = vec4<f32>();
    if is_inside[$] { numbers[$] = x[plane + at[$]]; }
    return numbers;
}

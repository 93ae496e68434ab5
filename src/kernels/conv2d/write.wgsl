// Four pixels of an output of a picture, from `first` on.
fn write(picture: u32, output: u32, first: u32, sum: vec4<f32>) {
    let count = info.out_height * info.out_width;
    if output >= info.outputs || first >= count { return; }
    let channel = picture * info.outputs + output;
    let constant = bias[output] + per_channel_at(channel);
    for (var i = 0u; i < min(4u, count - first); i++) {
        let to = channel * count + first + i;
        y[to] = sum[i] + constant + residual_at(to);
    }
}

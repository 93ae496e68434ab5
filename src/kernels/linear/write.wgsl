// Four outputs of a row, from `first` on. There is one product.
fn write(product: u32, row: u32, first: u32, sum: vec4<f32>) {
    if row >= info.rows || first >= info.outputs { return; }
    let value = activate(sum + vec4(bias_at(first), bias_at(first + 1u), bias_at(first + 2u), bias_at(first + 3u)));
    for (var i = 0u; i < min(4u, info.outputs - first); i++) {
        let at = row * info.outputs + first + i;
        y[at] = value[i] + residual_at(at);
    }
}

// A part of four columns' sums. `extent()` is the rows and the columns of a product.
fn write(product: u32, row: u32, first: u32, sum: vec4<f32>) {
    let size = extent();
    if row >= size.x || first >= size.y { return; }
    for (var i = 0u; i < min(4u, size.y - first); i++) {
        y[((product * PARTS + part) * size.x + row) * size.y + first + i] = sum[i];
    }
}

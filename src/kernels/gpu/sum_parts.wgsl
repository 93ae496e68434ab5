// Adds up what the parts of a divided tile left (tile.wgsl), by four columns, and writes the result as an undivided one does.

@compute @workgroup_size(WORKERS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let size = extent();
    let first = 4u * id.x;
    if first >= size.y { return; }
    let last = arrayLength(&parts) - 1u; // the last four columns can reach behind the end
    var sum = vec4<f32>();
    for (var part = 0u; part < PARTS; part++) {
        let at = ((id.z * PARTS + part) * size.x + id.y) * size.y + first;
        sum += vec4(parts[at], parts[min(at + 1u, last)], parts[min(at + 2u, last)], parts[min(at + 3u, last)]);
    }
    write(id.z, id.y, first, sum);
}

// A product of matrices in tiles. A workgroup has TILE rows by TILE columns of the result. In each step it fetches DEPTH inputs
// of both matrices into its memory, where a number serves TILE products; from there an invocation multiplies them into its own
// four or eight rows by four columns, in registers.
//
// The shader around this has `prepare(product, group, local)`, `steps()`, `fetch_left(step, index)` and `fetch_right(step, index)`,
// which put four inputs of four rows or of four columns into `left` and `right`, and `write(product, row, column, sum)` for
// four columns. Where there are several PARTS, so many workgroups share the steps of a tile.
// wgsl.rs repeats each line that has a # for every four rows of an invocation.

const QUADS = TILE / 4u;
const THREADS = QUADS * TILE / ROWS;
// What is fetched at once, sixteen numbers of either matrix.
const BLOCKS = QUADS * DEPTH / 4u;
// A vector more than needed: else what is written at once would lie in the same banks of the memory.
const PITCH = QUADS + 1u;

// [DEPTH, TILE] each: for an input the rows of the left matrix, or the columns of the right one, by four.
var<workgroup> left: array<vec4<f32>, DEPTH * PITCH>;
var<workgroup> right: array<vec4<f32>, DEPTH * PITCH>;

var<private> part: u32;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let across = local % QUADS;
    let down = local / QUADS * (ROWS / 4u);
    var sum#_0 = vec4<f32>(); var sum#_1 = vec4<f32>(); var sum#_2 = vec4<f32>(); var sum#_3 = vec4<f32>();
    // All invocations must be seen to take as many turns, and a private variable may differ between them.
    let turn = group.z % PARTS;
    part = turn;
    let product = group.z / PARTS;
    prepare(product, group.xy, local);
    let end = (turn + 1u) * steps() / PARTS;
    for (var step = turn * steps() / PARTS; step < end; step++) {
        workgroupBarrier();
        for (var index = local; index < 2u * BLOCKS; index += THREADS) {
            if index < BLOCKS {
                fetch_left(step, index);
            } else {
                fetch_right(step, index - BLOCKS);
            }
        }
        workgroupBarrier();
        for (var k = 0u; k < DEPTH; k++) {
            let b = right[k * PITCH + across];
            let a# = left[k * PITCH + down + #u];
            sum#_0 += a#.x * b; sum#_1 += a#.y * b; sum#_2 += a#.z * b; sum#_3 += a#.w * b;
        }
    }
    let column = group.x * TILE + 4u * across;
    let row = group.y * TILE + 4u * down;
    write(product, row + 4u * #u, column, sum#_0); write(product, row + 4u * #u + 1u, column, sum#_1);
    write(product, row + 4u * #u + 2u, column, sum#_2); write(product, row + 4u * #u + 3u, column, sum#_3);
}

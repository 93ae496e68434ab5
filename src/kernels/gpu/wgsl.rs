//! Pieces of WGSL that several shaders have.

/// WGSL's `add_parts(part, local)`, the sum of what each of a workgroup's `threads` invocations has.
pub fn shared_sums(threads: usize) -> String {
    format!("const THREADS = {threads}u;\n{}", include_str!("sums.wgsl"))
}

/// The same and `mean_and_variance(start, count, local)` of numbers of `x`.
pub fn mean_and_variance(threads: usize) -> String {
    shared_sums(threads) + include_str!("mean_and_variance.wgsl")
}

/// The same and `mean_and_scale(start, count, local)`, for norms.
pub fn moments(threads: usize) -> String {
    mean_and_variance(threads) + include_str!("moments.wgsl")
}

/// WGSL's `over_slices(part, local)`, for shaders whose invocations share sums of four outputs.
pub const OVER_SLICES: &str = include_str!("over_slices.wgsl");

/// WGSL's `NAME_at(index)`: the number at an `index`, perhaps a bounded one, of the buffer of that name; 0 where the shader
/// has no such buffer.
pub fn number_at(name: &str, is_there: bool, index: &str) -> String {
    let value = if is_there { format!("{name}[{index}]") } else { "0.0".to_owned() };
    format!("fn {name}_at(index: u32) -> f32 {{ return {value}; }}\n")
}

/// Repeats each line of `text` that has a `mark`, which becomes the number of the repetition. With loops over arrays a
/// shader's sums do not stay in registers, and it takes four times as long.
pub fn unrolled(text: &str, mark: char, times: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let is_repeated = line.contains(mark) && !line.trim_start().starts_with("//");
        for number in 0..if is_repeated { times } else { 1 } {
            out.push_str(&line.replace(mark, &number.to_string()));
            out.push('\n');
        }
    }
    out
}

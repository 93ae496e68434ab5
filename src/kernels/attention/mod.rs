//! Causal attention of new tokens to themselves and to those before, whose keys and values are kept.
//!
//! Source: Vaswani et al., "Attention Is All You Need" (2017), <https://arxiv.org/abs/1706.03762>.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::{Bool, Device, Int, Tensor, TensorData, activation::softmax};

use super::Indices;
use super::gradients::tracks_gradients;
use super::linear::matmul;

/// The keys and values of the tokens that one attention layer has read, each `[rows, n_head, capacity, head_size]`. Within a
/// head, they lie as the device's kernel reads them.
#[derive(Debug)]
pub struct KeyValues {
    /// Keys and values. Taken out while they are written, so that they have one owner and are written in place.
    halves: Option<[Tensor<4>; 2]>,
    shape: [usize; 4],
}

impl KeyValues {
    /// Room for `capacity` tokens in each row.
    #[must_use]
    pub fn new(rows: usize, n_head: usize, capacity: usize, head_size: usize, device: &Device) -> Self {
        let shape = [rows, n_head, capacity, head_size];
        Self { halves: Some([Tensor::zeros(shape, device), Tensor::zeros(shape, device)]), shape }
    }

    /// Whether Burn tracks gradients of what is kept.
    fn tracks_gradients(&self) -> bool {
        self.halves.as_ref().is_some_and(tracks_gradients)
    }

    fn take(&mut self) -> [Tensor<4>; 2] {
        self.halves.take().expect("attention: the cache was lost when an earlier call panicked")
    }

    /// Makes row `i` what row `rows[i]` was.
    pub fn select_rows(&mut self, rows: &[usize]) {
        self.halves = self.halves.take().map(|halves| {
            halves.map(|half| {
                let indices: Vec<i64> = rows.iter().map(|&row| i64::try_from(row).unwrap_or(0)).collect();
                let indices =
                    Tensor::<1, Int>::from_data(TensorData::from(indices.as_slice()), &half.device());
                half.select(0, indices)
            })
        });
        self.shape[0] = rows.len();
    }
}

/// What [`attention`] does with its input.
#[derive(Debug, Clone, Copy)]
pub struct AttentionCall<'a> {
    /// The positions of the new tokens of each row; the first is the number of tokens read before.
    pub positions: &'a Indices,
    /// What scores are multiplied by.
    pub scale: f32,
}

/// `softmax(scale · queries · keysᵀ) · values` in every head, where a token sees itself and those before it.
///
/// `qkv [rows · length, 3 · n_head · head_size]` has the new tokens' queries, keys and values side by side; the keys and
/// values are added to `cache` at their positions. Gives `[rows · length, n_head · head_size]`.
///
/// # Panics
/// When the shapes do not fit, the tokens are more than the cache has room for, or Burn tracks gradients from a later token
/// than the first on.
pub fn attention(qkv: &Tensor<2>, cache: &mut KeyValues, call: AttentionCall) -> Tensor<2> {
    let [rows, n_head, capacity, head_size] = cache.shape;
    let [tokens, width] = qkv.dims();
    let length = tokens / rows;
    let positions = call.positions.values();
    assert!(
        tokens == rows * length && width == 3 * n_head * head_size && positions.len() == tokens,
        "attention: the shapes do not fit"
    );
    let position = positions[0];
    assert!(
        positions.iter().enumerate().all(|(token, &at)| at == position + token % length),
        "attention: the tokens of a row follow one another"
    );
    assert!(position + length <= capacity, "attention: the cache has room for {capacity} tokens");
    if tracks_gradients([qkv]) || cache.tracks_gradients() {
        assert!(
            position == 0 || cache.tracks_gradients(),
            "attention: gradients are tracked from a text's first token on, or not at all"
        );
        return attention_twin(qkv, cache, call);
    }
    let [keys, values] = cache.take();
    #[cfg(gpu)]
    if let Some(mixed) = gpu::attention(qkv, &keys, &values, call) {
        cache.halves = Some([keys, values]);
        return mixed;
    }
    let (mixed, halves) = cpu::attention(qkv, [keys, values], call);
    cache.halves = Some(halves);
    mixed
}

/// How much each token of one text attends to each, `[n_head, length, length]`: rows are distributions, and nothing
/// looks ahead. `qkv` is as in [`attention`], of a single row.
#[must_use]
pub fn attention_probs(qkv: &Tensor<2>, n_head: usize, scale: f32) -> Tensor<3> {
    let [length, width] = qkv.dims();
    let head_size = width / 3 / n_head;
    let of_head =
        |part: usize, head: usize| qkv.clone().narrow(1, (part * n_head + head) * head_size, head_size);
    let scores = |head| matmul(&of_head(0, head).mul_scalar(scale), of_head(1, head).transpose());
    let scores = Tensor::cat((0..n_head).map(scores).collect(), 0).reshape([1, n_head, length, length]);
    distributions(scores, 0).squeeze_dim(0)
}

/// The same as [`attention`] in Burn's own operations.
#[must_use]
pub fn attention_twin(qkv: &Tensor<2>, cache: &mut KeyValues, call: AttentionCall) -> Tensor<2> {
    let [rows, n_head, _, head_size] = cache.shape;
    let [tokens, width] = qkv.dims();
    let position = call.positions.values()[0];
    let end = position + tokens / rows;
    let [queries, keys, values] = parts(qkv.clone(), rows, n_head);
    let write =
        |half: Tensor<4>, new| half.slice_assign([0..rows, 0..n_head, position..end, 0..head_size], new);
    let [old_keys, old_values] = cache.take();
    let halves = [write(old_keys, keys), write(old_values, values)];
    cache.halves = Some(halves.clone());
    let [keys, values] = halves.map(|half| half.narrow(2, 0, end));
    let scores = queries.mul_scalar(call.scale).matmul(keys.swap_dims(2, 3));
    let mixed = distributions(scores, position).matmul(values);
    mixed.swap_dims(1, 2).reshape([tokens, width / 3])
}

/// Queries, keys and values, each `[rows, n_head, length, head_size]`.
fn parts(qkv: Tensor<2>, rows: usize, n_head: usize) -> [Tensor<4>; 3] {
    let [tokens, width] = qkv.dims();
    let all = qkv.reshape([rows, tokens / rows, 3, n_head, width / 3 / n_head]);
    std::array::from_fn(|part| all.clone().narrow(2, part, 1).squeeze_dim::<4>(2).swap_dims(1, 2))
}

/// Scores `[rows, n_head, length, position + length]` as probabilities, of which none looks ahead.
fn distributions(scores: Tensor<4>, position: usize) -> Tensor<4> {
    let [_, _, length, _] = scores.dims();
    #[allow(clippy::cast_possible_wrap)] // at most a context
    let ahead = Tensor::<2, Bool>::tril_mask([length, position + length], position as i64, &scores.device());
    let ahead = ahead.unsqueeze::<4>().expand(scores.dims());
    softmax(scores.mask_fill(ahead, f32::MIN), 3)
}

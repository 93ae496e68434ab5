//! What happens to the scores of the next token before one is chosen.
//!
//! The order and the arithmetic are those of transformers' `LogitsProcessor`s: first what forbids or discourages tokens
//! (repetition penalty, repeated n-grams, bad words, an early end, a late one, suppressed tokens), then, when sampling, what shapes the
//! distribution (temperature, top-k, top-p, min-p, typical). A forbidden token's score is minus infinity.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::generation::{Generation, Sampling};
use crate::error::{Error, Result};

const FORBIDDEN: f32 = f32::NEG_INFINITY;

/// Applies everything that `generation` asks for to the `scores [vocab_size]` of the token after `token_ids`, which
/// begins with a prompt of `prompt_len`.
pub fn process(scores: &mut [f32], token_ids: &[u32], prompt_len: usize, generation: &Generation) {
    penalise_repetition(scores, token_ids, generation.repetition_penalty);
    forbid_repeated_ngrams(scores, token_ids, generation.no_repeat_ngram_size);
    forbid_bad_words(scores, token_ids, generation);
    let new_tokens = token_ids.len() - prompt_len;
    if new_tokens < generation.min_new_tokens {
        forbid(scores, &generation.eos_token_ids);
    }
    if new_tokens + 1 == generation.max_new_tokens {
        force(scores, &generation.forced_eos_token_ids);
    }
    if let Some(growth) = generation.exponential_decay.and_then(|decay| decay.growth(new_tokens)) {
        favour_the_end(scores, &generation.eos_token_ids, growth);
    }
    forbid(scores, &generation.suppress_tokens);
    if new_tokens == 0 {
        forbid(scores, &generation.begin_suppress_tokens);
    }
    if let Some(sampling) = &generation.sampling {
        // With beams, enough must be left for every end-of-text token and one token that continues.
        let keep = if generation.num_beams > 1 { generation.eos_token_ids.len() + 1 } else { 1 };
        shape(scores, sampling, keep);
    }
}

fn forbid<'a>(scores: &mut [f32], tokens: impl IntoIterator<Item = &'a u32>) {
    for &token in tokens {
        if let Some(score) = scores.get_mut(token as usize) {
            *score = FORBIDDEN;
        }
    }
}

/// Leaves only `tokens`, alike. Those that the vocabulary has not are no tokens, and without any everything stays.
fn force(scores: &mut [f32], tokens: &[u32]) {
    let known: Vec<usize> = tokens.iter().map(|&id| id as usize).filter(|&id| id < scores.len()).collect();
    if !known.is_empty() {
        scores.fill(FORBIDDEN);
        for token in known {
            scores[token] = 0.0;
        }
    }
}

/// Keskar et al., "CTRL" (2019): scores of tokens that are there already are divided by the penalty, negative ones
/// multiplied.
fn penalise_repetition(scores: &mut [f32], token_ids: &[u32], penalty: f32) {
    for token in token_ids.iter().copied().collect::<BTreeSet<_>>() {
        let score = &mut scores[token as usize];
        *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
    }
}

/// The most that a score grows: more would be no number.
const MOST_GROWTH: f64 = 1e30;

/// Raises the scores of tokens that end a text by `growth - 1` times their absolute value. A forbidden one stays forbidden.
fn favour_the_end(scores: &mut [f32], eos_token_ids: &[u32], growth: f64) {
    #[allow(clippy::cast_possible_truncation)] // scores have no more digits
    let raise = (growth.min(MOST_GROWTH) - 1.0) as f32;
    for &token in eos_token_ids {
        if let Some(score) = scores.get_mut(token as usize).filter(|score| **score > FORBIDDEN) {
            *score += score.abs() * raise;
        }
    }
}

/// Forbids every token that would repeat an n-gram of the text. 0 forbids none.
fn forbid_repeated_ngrams(scores: &mut [f32], token_ids: &[u32], size: usize) {
    if size == 0 || token_ids.len() + 1 < size {
        return;
    }
    let recent = &token_ids[token_ids.len() + 1 - size..];
    for ngram in token_ids.windows(size).filter(|ngram| ngram[..size - 1] == *recent) {
        forbid(scores, ngram.last());
    }
}

/// Forbids the last token of a bad word whose other tokens stand at the end. A word that is no more than the end of a text
/// may come.
fn forbid_bad_words(scores: &mut [f32], token_ids: &[u32], generation: &Generation) {
    for word in &generation.bad_words {
        if let Some((last, start)) = word.split_last()
            && token_ids.ends_with(start)
            && (!start.is_empty() || !generation.eos_token_ids.contains(last))
        {
            forbid(scores, [last]);
        }
    }
}

/// Shapes the distribution to sample from; at least the `keep` likeliest tokens are left.
fn shape(scores: &mut [f32], sampling: &Sampling, keep: usize) {
    for score in scores.iter_mut() {
        *score /= sampling.temperature;
    }
    if sampling.top_k > 0 {
        let count = sampling.top_k.max(keep).min(scores.len());
        let mut sorted = scores.to_vec();
        let (_, &mut threshold, _) = sorted.select_nth_unstable_by(count - 1, |a, b| b.total_cmp(a));
        for score in scores.iter_mut().filter(|score| **score < threshold) {
            *score = FORBIDDEN;
        }
    }
    if sampling.top_p < 1.0 {
        keep_nucleus(scores, sampling.top_p, keep);
    }
    if sampling.min_p > 0.0 {
        let order = descending(scores);
        let probs = softmax(scores);
        let threshold = order.first().map_or(0.0, |&likeliest| sampling.min_p * probs[likeliest]);
        for &token in order.iter().skip(keep).filter(|&&token| probs[token] < threshold) {
            scores[token] = FORBIDDEN;
        }
    }
    if sampling.typical_p < 1.0 {
        keep_typical(scores, sampling.typical_p, keep);
    }
}

/// Holtzman et al., "The Curious Case of Neural Text Degeneration" (2019): the smallest set of tokens whose
/// probabilities reach `top_p` together.
fn keep_nucleus(scores: &mut [f32], top_p: f32, keep: usize) {
    let probs = softmax(scores);
    let order = descending(scores);
    let mut sum = 0.0;
    for &token in order.iter().skip(keep).rev() {
        sum += probs[token];
        if sum <= 1.0 - top_p {
            scores[token] = FORBIDDEN;
        }
    }
}

/// Meister et al., "Locally Typical Sampling" (2022): tokens whose information is nearest to the entropy, until their
/// probabilities reach `mass`.
fn keep_typical(scores: &mut [f32], mass: f32, keep: usize) {
    let logprobs = log_softmax(scores);
    let terms = logprobs.iter().map(|logprob| logprob.exp() * logprob).filter(|term| !term.is_nan());
    let entropy = -terms.sum::<f32>();
    let distance: Vec<f32> = logprobs.iter().map(|logprob| (-logprob - entropy).abs()).collect();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| distance[a].total_cmp(&distance[b]));
    let mut sum = 0.0;
    let last = order.iter().position(|&token| {
        sum += logprobs[token].exp();
        sum >= mass
    });
    let threshold = distance[order[last.unwrap_or(order.len() - 1)]];
    for &token in order.iter().skip(keep).filter(|&&token| distance[token] > threshold) {
        scores[token] = FORBIDDEN;
    }
}

/// The tokens that are not forbidden, the likeliest first; of two alike the one with the smaller number.
#[must_use]
pub fn descending(scores: &[f32]) -> Vec<usize> {
    let mut tokens: Vec<usize> = (0..scores.len()).filter(|&token| scores[token] > FORBIDDEN).collect();
    tokens.sort_unstable_by(likelier(scores));
    tokens
}

/// The `count` likeliest tokens in that order, without putting the others in order.
#[must_use]
pub fn likeliest(scores: &[f32], count: usize) -> Vec<usize> {
    let mut tokens: Vec<usize> = (0..scores.len()).collect();
    if count < tokens.len() {
        tokens.select_nth_unstable_by(count, likelier(scores));
        tokens.truncate(count);
    }
    tokens.sort_unstable_by(likelier(scores));
    tokens
}

fn likelier(scores: &[f32]) -> impl Fn(&usize, &usize) -> Ordering {
    |a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b))
}

/// Scores to logarithms of probabilities.
#[must_use]
pub fn log_softmax(scores: &[f32]) -> Vec<f32> {
    let largest = scores.iter().copied().fold(FORBIDDEN, f32::max);
    let sum: f32 = scores.iter().map(|score| (score - largest).exp()).sum();
    scores.iter().map(|score| score - largest - sum.ln()).collect()
}

/// Scores to probabilities.
#[must_use]
pub fn softmax(scores: &[f32]) -> Vec<f32> {
    let largest = scores.iter().copied().fold(FORBIDDEN, f32::max);
    let mut probs: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let sum: f32 = probs.iter().sum();
    for prob in &mut probs {
        *prob /= sum;
    }
    probs
}

/// The same of scores to draw from.
///
/// # Errors
/// `invalid-option` when the options have left no token, or made scores infinite.
pub fn probabilities(scores: &[f32]) -> Result<Vec<f32>> {
    let probs = softmax(scores);
    if probs.iter().any(|prob| prob.is_nan()) {
        let why =
            "no token can be drawn: all are forbidden, or temperature or repetition_penalty is too small";
        return Err(Error::InvalidOption(why.to_owned()));
    }
    Ok(probs)
}

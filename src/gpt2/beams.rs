//! Beam search: the likeliest continuations are followed side by side.
//!
//! The bookkeeping is that of transformers' `_beam_search`, which decides which of equally good texts win: candidates
//! that end only count among the best `num_beams`, scores of ended texts are divided by a power of their length, and
//! those of open ones are compared with them to know when to stop.

use super::generation::{EarlyStopping, Generation};
use super::processors::{likeliest, softmax};
use crate::error::Result;
use crate::rng::Rng;

/// A score that loses against any other: transformers' minus infinity.
const WORST: f32 = -1e9;

/// A text on its way, or an ended one.
#[derive(Debug, Clone, PartialEq)]
pub struct Beam {
    /// Prompt and continuation.
    pub token_ids: Vec<u32>,
    /// The sum of its tokens' logarithmic probabilities; of an ended one divided by its length's power.
    pub score: f32,
    ended: bool,
}

/// The state of a search.
#[derive(Debug, Clone)]
pub struct Beams {
    /// Texts that go on, the best first.
    pub open: Vec<Beam>,
    /// The best that have ended, and places still free.
    pub ended: Vec<Beam>,
    improvable: bool,
    done: bool,
}

impl Beams {
    /// A search from a prompt.
    #[must_use]
    pub fn new(prompt_ids: &[u32], num_beams: usize) -> Self {
        let beam = |score| Beam { token_ids: prompt_ids.to_vec(), score, ended: false };
        // All beams are the same at first, and only the first one's continuations may count.
        let open = (0..num_beams).map(|index| beam(if index == 0 { 0.0 } else { WORST })).collect();
        Self { open, ended: vec![beam(WORST); num_beams], improvable: true, done: false }
    }

    /// Continues every open beam by a token. `scores` are the processed logarithmic probabilities of each beam's next
    /// token, and `ends` tells whether a text of these tokens ends. Gives for each open beam the one that it continues.
    ///
    /// # Errors
    /// Those of `ends`; nothing has changed then.
    pub fn advance(
        &mut self,
        scores: &[Vec<f32>],
        prompt_len: usize,
        max_len: usize,
        generation: &Generation,
        rng: &mut Rng,
        ends: impl Fn(&[u32]) -> Result<bool>,
    ) -> Result<Vec<usize>> {
        let num_beams = generation.num_beams;
        let vocab_size = scores[0].len();
        let totals: Vec<f32> = scores
            .iter()
            .zip(&self.open)
            .flat_map(|(row, beam)| row.iter().map(|score| score + beam.score))
            .collect();
        let count = 2.max(1 + generation.eos_token_ids.len()) * num_beams;
        let chosen = if generation.sampling.is_some() {
            sample(&totals, count, rng)
        } else {
            likeliest(&totals, count)
        };

        let parents: Vec<usize> = chosen.iter().map(|index| index / vocab_size).collect();
        let candidates: Vec<Beam> = chosen
            .iter()
            .map(|&index| {
                let mut token_ids = self.open[index / vocab_size].token_ids.clone();
                #[allow(clippy::cast_possible_truncation)] // a token id
                token_ids.push((index % vocab_size) as u32);
                let ended = ends(&token_ids)?;
                Ok(Beam { token_ids, score: totals[index], ended })
            })
            .collect::<Result<_>>()?;
        let len = candidates[0].token_ids.len();
        let all_end = candidates.iter().all(|candidate| candidate.ended);

        let going: Vec<f32> =
            candidates.iter().map(|beam| beam.score + if beam.ended { WORST } else { 0.0 }).collect();
        let next = likeliest(&going, num_beams);
        self.open =
            next.iter().map(|&index| Beam { score: going[index], ..candidates[index].clone() }).collect();
        let parents = next.into_iter().map(|index| parents[index]).collect();

        let stop_at_once = generation.early_stopping == EarlyStopping::Yes;
        let full = stop_at_once && self.all_ended();
        let power = |len: usize| (len_f32(len - prompt_len)).powf(generation.length_penalty);
        let ending = candidates.into_iter().enumerate().map(|(index, beam)| {
            let ended = beam.ended && index < num_beams;
            let lost = [full, !self.improvable, !ended].iter().filter(|&&lost| lost).count();
            Beam { score: beam.score / power(len) + len_f32(lost) * WORST, ended, ..beam }
        });
        let merged: Vec<Beam> = self.ended.drain(..).chain(ending).collect();
        let order = likeliest(&merged.iter().map(|beam| beam.score).collect::<Vec<_>>(), num_beams);
        self.ended = order.into_iter().map(|index| merged[index].clone()).collect();

        let longest = generation.early_stopping == EarlyStopping::Never && generation.length_penalty > 0.0;
        let best_possible = self.open[0].score / power(if longest { max_len } else { len });
        let worst = self.ended.iter().map(|beam| beam.score).fold(f32::INFINITY, f32::min);
        let beats = self.ended.iter().any(|beam| best_possible > if beam.ended { worst } else { WORST });
        self.improvable &= beats;
        self.done = !self.improvable || (stop_at_once && self.all_ended()) || all_end;
        Ok(parents)
    }

    /// Whether the search is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    fn all_ended(&self) -> bool {
        self.ended.iter().all(|beam| beam.ended)
    }
}

/// `count` indices drawn without putting back, each as likely as its score says, in the order drawn: the largest of
/// the scores with Gumbel noise.
fn sample(scores: &[f32], count: usize, rng: &mut Rng) -> Vec<usize> {
    #[allow(clippy::cast_possible_truncation)]
    let noisy: Vec<f32> = softmax(scores)
        .iter()
        .map(|prob| prob.ln() - (-rng.uniform().max(f64::MIN_POSITIVE).ln()).ln() as f32)
        .collect();
    likeliest(&noisy, count)
}

#[allow(clippy::cast_precision_loss)] // at most a context
fn len_f32(len: usize) -> f32 {
    len as f32
}

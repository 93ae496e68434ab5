//! Beam search: the likeliest continuations are followed side by side.
//!
//! The bookkeeping is that of transformers' `_beam_search`, which decides which of equally good texts win: candidates
//! that end only count among the best `num_beams`, scores of ended texts are divided by a power of their length, and
//! those of open ones are compared with them to know when to stop.

use super::generation::Generation;
use super::given::EarlyStopping;
use super::processors::{likeliest, log_softmax, probabilities};
use super::request::Request;
use crate::error::Result;
use crate::rng::{Purpose, Rng};

/// A score that loses against any other: transformers' minus infinity.
const WORST: f32 = -1e9;

/// An open text, or an ended one.
#[derive(Debug, Clone)]
pub(super) struct Beam {
    /// Prompt and continuation.
    pub token_ids: Vec<u32>,
    /// The sum of its tokens' logarithmic probabilities; of an ended one, divided by a power of its length.
    score: f32,
    ended: bool,
    /// Index of the open beam that it continues.
    parent: usize,
}

/// The state of a search.
#[derive(Debug)]
pub(super) struct Beams {
    /// Open texts, the best first.
    pub open: Vec<Beam>,
    /// The best texts that have ended, and fillers up to `num_beams`.
    pub ended: Vec<Beam>,
    rng: Rng,
    improvable: bool,
    done: bool,
}

impl Beams {
    /// A search from a prompt.
    pub fn new(prompt_ids: &[u32], generation: &Generation) -> Self {
        let beam = |score| Beam { token_ids: prompt_ids.to_vec(), score, ended: false, parent: 0 };
        // All beams are the same at first, and only the first one's continuations may count.
        let open = (0..generation.num_beams).map(|index| beam(if index == 0 { 0.0 } else { WORST }));
        Self {
            open: open.collect(),
            ended: vec![beam(WORST); generation.num_beams],
            rng: Rng::new(generation.seed, Purpose::Tokens),
            improvable: true,
            done: false,
        }
    }

    /// Continues every open beam by a token, for which the model gave `logits`. Returns for each beam that is open now the
    /// index of the one that it continues.
    ///
    /// # Errors
    /// `invalid-option` when no token can be drawn, `internal`; the beams are then as before.
    pub fn advance(&mut self, logits: &[Vec<f32>], request: &Request) -> Result<Vec<usize>> {
        let candidates = self.candidates(logits, request)?;
        let all_end = candidates.iter().all(|candidate| candidate.ended);
        let going = candidates.iter().cloned().map(|mut beam| {
            beam.score += if beam.ended { WORST } else { 0.0 };
            beam
        });
        self.open = best(going, request.generation.num_beams);
        self.add_ended(candidates, request);
        self.improvable &= self.may_improve(request);
        self.done = !self.improvable || self.is_full(&request.generation) || all_end;
        Ok(self.open.iter().map(|beam| beam.parent).collect())
    }

    /// Whether the search is over.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The likeliest continuations of all open beams, or some drawn by their probabilities: enough that `num_beams` of them
    /// do not end.
    fn candidates(&mut self, logits: &[Vec<f32>], request: &Request) -> Result<Vec<Beam>> {
        let generation = &request.generation;
        let vocab_size = logits[0].len();
        let mut scores = Vec::with_capacity(logits.len() * vocab_size);
        for (logits, beam) in logits.iter().zip(&self.open) {
            let mut logprobs = log_softmax(logits);
            request.process(&mut logprobs, &beam.token_ids);
            scores.extend(logprobs.iter().map(|logprob| logprob + beam.score));
        }
        let count = 2.max(1 + generation.eos_token_ids.len()) * generation.num_beams;
        let chosen = if generation.sampling.is_some() {
            sample(&scores, count, &mut self.rng)?
        } else {
            likeliest(&scores, count)
        };
        let candidate = |index: usize| {
            let parent = index / vocab_size;
            let mut token_ids = self.open[parent].token_ids.clone();
            #[allow(clippy::cast_possible_truncation)] // a token id
            token_ids.push((index % vocab_size) as u32);
            let ended = request.finish_reason(&token_ids)?.is_some();
            Ok(Beam { token_ids, score: scores[index], ended, parent })
        };
        chosen.into_iter().map(candidate).collect()
    }

    /// Keeps the best of the ended texts and of the candidates that end.
    fn add_ended(&mut self, candidates: Vec<Beam>, request: &Request) {
        let full = self.is_full(&request.generation);
        let num_beams = request.generation.num_beams;
        let ending = candidates.into_iter().enumerate().map(|(index, beam)| {
            let ended = beam.ended && index < num_beams;
            let lost = [full, !self.improvable, !ended].iter().filter(|&&lost| lost).count();
            let power = length_power(request.new_tokens(&beam.token_ids), &request.generation);
            Beam { score: beam.score / power + float(lost) * WORST, ended, ..beam }
        });
        self.ended = best(self.ended.drain(..).chain(ending), num_beams);
    }

    /// Whether the best open beam may become better than the worst ended one.
    fn may_improve(&self, request: &Request) -> bool {
        let generation = &request.generation;
        let longest = generation.early_stopping == EarlyStopping::Never && generation.length_penalty > 0.0;
        let len =
            if longest { generation.max_new_tokens } else { request.new_tokens(&self.open[0].token_ids) };
        let best_possible = self.open[0].score / length_power(len, generation);
        let worst = self.ended.iter().map(|beam| beam.score).fold(f32::INFINITY, f32::min);
        self.ended.iter().any(|beam| best_possible > if beam.ended { worst } else { WORST })
    }

    /// Whether there are enough ended texts for a search that stops then.
    fn is_full(&self, generation: &Generation) -> bool {
        generation.early_stopping == EarlyStopping::Yes && self.ended.iter().all(|beam| beam.ended)
    }
}

/// The number that the score of a text of `new_tokens` is divided by.
fn length_power(new_tokens: usize, generation: &Generation) -> f32 {
    float(new_tokens).powf(generation.length_penalty)
}

/// The `count` beams with the highest scores, the best first.
fn best(beams: impl Iterator<Item = Beam>, count: usize) -> Vec<Beam> {
    let (scores, mut beams): (Vec<f32>, Vec<_>) = beams.map(|beam| (beam.score, Some(beam))).unzip();
    likeliest(&scores, count).into_iter().filter_map(|index| beams[index].take()).collect()
}

/// `count` indices drawn without putting back, each as likely as its score says, in the order drawn: the largest of
/// the scores with Gumbel noise.
fn sample(scores: &[f32], count: usize, rng: &mut Rng) -> Result<Vec<usize>> {
    #[allow(clippy::cast_possible_truncation)]
    let noisy: Vec<f32> = probabilities(scores)?
        .iter()
        .map(|prob| prob.ln() - (-rng.uniform().max(f64::MIN_POSITIVE).ln()).ln() as f32)
        .collect();
    Ok(likeliest(&noisy, count))
}

#[allow(clippy::cast_precision_loss)] // at most a context
fn float(count: usize) -> f32 {
    count as f32
}

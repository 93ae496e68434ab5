//! A text on its way: each step reads a piece of the prompt or writes a token of every sequence.

use burn::tensor::{Tensor, Transaction};
use serde::Serialize;

use super::Pipeline;
use super::beams::Beams;
use super::generation::Generation;
use super::model::Cache;
use super::processors::{descending, likeliest, log_softmax, process, softmax};
use super::prompt::{INCOMPLETE, Reading};
use crate::error::Result;
use crate::readback;
use crate::rng::{Purpose, Rng};

/// Tokens of the prompt that one step reads: a step cannot be stopped.
pub(super) const PROMPT_PER_STEP: usize = 64;

/// A token that was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Token {
    /// Which of the call's sequences.
    pub sequence_index: usize,
    /// Its number.
    pub token_id: u32,
    /// The text that has become complete with it: whole characters, possibly none.
    pub text: String,
    /// The logarithm of the model's probability for it, before any option changed the scores.
    pub logprob: f32,
    /// The likeliest tokens and their logarithmic probabilities, as many as `top_logprobs` asks for.
    #[serde(skip)] // a page wants their texts too
    pub top_logprobs: Vec<(u32, f32)>,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinishReason {
    /// It has all the tokens that were asked for, or reached the end of the context.
    Length,
    /// The model ended it.
    EosToken,
    /// One of the `stop_strings` came.
    StopString,
}

/// A finished text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sequence {
    /// The text, with the prompt in front if `return_full_text`.
    pub generated_text: String,
    /// The new tokens.
    pub token_ids: Vec<u32>,
    /// Why it ended.
    pub finish_reason: FinishReason,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A piece of the prompt was read: so many of so many tokens.
    Prompt(usize, usize),
    /// A token of each sequence that had not ended.
    Tokens(Vec<Token>),
    /// Beams went on: the new tokens of the best one as a text.
    Beams(String),
    /// All texts, the best first if they came from beams.
    Complete(Vec<Sequence>),
}

/// A call under way.
#[derive(Debug)]
pub struct Run {
    pipeline: Pipeline,
    generation: Generation,
    prompt: Reading,
    cache: Cache,
    search: Search,
    done: bool,
}

#[derive(Debug)]
enum Search {
    /// Each sequence for itself.
    Rows(Vec<Row>),
    /// All together.
    Beams(Beams, Box<Rng>),
}

/// One sequence.
#[derive(Debug)]
struct Row {
    token_ids: Vec<u32>,
    rng: Rng,
    /// Where the tokens begin whose text has not been given whole, and how much of it has, in bytes.
    pending: (usize, usize),
    finish_reason: Option<FinishReason>,
}

impl Run {
    pub(super) fn new(pipeline: Pipeline, prompt: Reading, generation: Generation) -> Result<Self> {
        let capacity = prompt.token_ids.len() + generation.max_new_tokens;
        let cache = pipeline.model.cache(1, capacity)?;
        let pending = prompt.pending(&pipeline)?;
        let row = |index| Row {
            token_ids: prompt.token_ids.clone(),
            rng: Rng::of_row(generation.seed, Purpose::Tokens, index),
            pending,
            finish_reason: None,
        };
        let search = if generation.num_beams > 1 {
            let rng = Box::new(Rng::new(generation.seed, Purpose::Tokens));
            Search::Beams(Beams::new(&prompt.token_ids, generation.num_beams), rng)
        } else {
            Search::Rows((0..generation.num_return_sequences).map(row).collect())
        };
        Ok(Self { pipeline, generation, prompt, cache, search, done: false })
    }

    /// The seed in use: the caller's, or the random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.generation.seed
    }

    /// The prompt's tokens.
    #[must_use]
    pub fn prompt_ids(&self) -> &[u32] {
        &self.prompt.token_ids
    }

    /// Goes on by a step; `None` after [`Event::Complete`].
    ///
    /// # Errors
    /// `device-lost` when the device fails, `weights-invalid` when the model gives no finite numbers.
    pub async fn step(&mut self) -> Result<Option<Event>> {
        if self.done {
            return Ok(None);
        }
        if self.is_finished() {
            self.done = true;
            return self.sequences().map(|sequences| Some(Event::Complete(sequences)));
        }
        let Self { pipeline, generation, prompt, cache, search, .. } = self;
        let prompt_ids = &prompt.token_ids;
        let (read, total) = (cache.len(), prompt_ids.len());
        let open = search.open();
        let logits = if read < total {
            let end = total.min(read + PROMPT_PER_STEP);
            let logits = pipeline.model.next_logits(&[prompt_ids[read..end].to_vec()], cache)?;
            if end < total {
                return Ok(Some(Event::Prompt(end, total)));
            }
            // All sequences share the prompt.
            cache.select_rows(&vec![0; open.len()]);
            vec![rows_of(logits).await?.swap_remove(0); open.len()]
        } else {
            let last: Vec<_> = open.iter().map(|token_ids| vec![token_ids[token_ids.len() - 1]]).collect();
            rows_of(pipeline.model.next_logits(&last, cache)?).await?
        };
        let event = match search {
            Search::Rows(rows) => write_tokens(rows, logits, pipeline, generation, total, cache)?,
            Search::Beams(beams, rng) => {
                advance_beams(beams, rng, &logits, pipeline, generation, prompt, cache)?
            }
        };
        Ok(Some(event))
    }

    fn is_finished(&self) -> bool {
        match &self.search {
            Search::Rows(rows) => !rows.iter().any(Row::is_open),
            Search::Beams(beams, _) => beams.is_done(),
        }
    }

    fn sequences(&self) -> Result<Vec<Sequence>> {
        let Self { pipeline, generation, prompt, .. } = self;
        let all: Vec<&[u32]> = match &self.search {
            Search::Rows(rows) => rows.iter().map(|row| row.token_ids.as_slice()).collect(),
            Search::Beams(beams, _) => beams.ended.iter().map(|beam| beam.token_ids.as_slice()).collect(),
        };
        let prompt_len = prompt.token_ids.len();
        let sequence = |token_ids: &&[u32]| {
            let finish_reason = finish_reason(pipeline, generation, token_ids, prompt_len)?;
            let text = prompt.text_after(pipeline, token_ids)?;
            let full = generation.return_full_text;
            Ok(Sequence {
                generated_text: if full { format!("{}{text}", prompt.text) } else { text },
                token_ids: token_ids[prompt_len..].to_vec(),
                finish_reason: finish_reason.unwrap_or(FinishReason::Length),
            })
        };
        all.iter().take(generation.num_return_sequences).map(sequence).collect()
    }
}

impl Reading {
    /// Where the tokens begin whose text is not in `text` whole, and how much of theirs is, in bytes.
    fn pending(&self, pipeline: &Pipeline) -> Result<(usize, usize)> {
        let Some(start) = self.incomplete else {
            return Ok((self.token_ids.len(), 0));
        };
        let text = pipeline.tokenizer.decode(&self.token_ids[start..])?;
        Ok((start, text.len().saturating_sub(INCOMPLETE.len_utf8())))
    }

    /// What `token_ids`, which begin with the prompt's, say after its text.
    fn text_after(&self, pipeline: &Pipeline, token_ids: &[u32]) -> Result<String> {
        let (start, given) = self.pending(pipeline)?;
        let text = pipeline.tokenizer.decode(&token_ids[start..])?;
        Ok(text.get(given..).unwrap_or_default().to_owned())
    }
}

impl Search {
    /// The texts that go on.
    fn open(&self) -> Vec<&[u32]> {
        match self {
            Self::Rows(rows) => {
                rows.iter().filter(|row| row.is_open()).map(|row| row.token_ids.as_slice()).collect()
            }
            Self::Beams(beams, _) => beams.open.iter().map(|beam| beam.token_ids.as_slice()).collect(),
        }
    }
}

/// Chooses a token for every open sequence.
fn write_tokens(
    rows: &mut [Row],
    logits: Vec<Vec<f32>>,
    pipeline: &Pipeline,
    generation: &Generation,
    prompt_len: usize,
    cache: &mut Cache,
) -> Result<Event> {
    let mut tokens = Vec::new();
    let open = rows.iter_mut().enumerate().filter(|(_, row)| row.is_open());
    let mut kept = Vec::new();
    for (place, ((sequence_index, row), mut scores)) in open.zip(logits).enumerate() {
        let logprobs = log_softmax(&scores);
        process(&mut scores, &row.token_ids, prompt_len, generation);
        let choice =
            if generation.sampling.is_some() { draw(&scores, &mut row.rng) } else { largest(&scores) };
        #[allow(clippy::cast_possible_truncation)] // a token id
        let token_id = choice as u32;
        row.token_ids.push(token_id);
        row.finish_reason = finish_reason(pipeline, generation, &row.token_ids, prompt_len)?;
        if row.is_open() {
            kept.push(place);
        }
        let top = likeliest(&logprobs, generation.top_logprobs);
        #[allow(clippy::cast_possible_truncation)]
        let top_logprobs = top.into_iter().map(|id| (id as u32, logprobs[id])).collect();
        let text = row.complete_text(pipeline)?;
        tokens.push(Token { sequence_index, token_id, text, logprob: logprobs[choice], top_logprobs });
    }
    if !kept.is_empty() {
        cache.select_rows(&kept);
    }
    Ok(Event::Tokens(tokens))
}

/// Lets every beam go on by a token.
fn advance_beams(
    beams: &mut Beams,
    rng: &mut Rng,
    logits: &[Vec<f32>],
    pipeline: &Pipeline,
    generation: &Generation,
    prompt: &Reading,
    cache: &mut Cache,
) -> Result<Event> {
    let prompt_len = prompt.token_ids.len();
    let scores: Vec<Vec<f32>> = logits
        .iter()
        .zip(&beams.open)
        .map(|(logits, beam)| {
            let mut scores = log_softmax(logits);
            process(&mut scores, &beam.token_ids, prompt_len, generation);
            scores
        })
        .collect();
    let max_len = prompt_len + generation.max_new_tokens;
    let parents = beams.advance(&scores, prompt_len, max_len, generation, rng, |token_ids| {
        Ok(finish_reason(pipeline, generation, token_ids, prompt_len)?.is_some())
    })?;
    if !beams.is_done() {
        cache.select_rows(&parents);
    }
    prompt.text_after(pipeline, &beams.open[0].token_ids).map(Event::Beams)
}

impl Row {
    fn is_open(&self) -> bool {
        self.finish_reason.is_none()
    }

    /// The characters that the last token has completed. A character's bytes can be spread over tokens.
    fn complete_text(&mut self, pipeline: &Pipeline) -> Result<String> {
        let (start, given) = self.pending;
        let text = pipeline.tokenizer.decode(&self.token_ids[start..])?;
        let held = if self.is_open() && text.ends_with(INCOMPLETE) { INCOMPLETE.len_utf8() } else { 0 };
        let complete = text.len() - held;
        self.pending = if held > 0 { (start, complete) } else { (self.token_ids.len(), 0) };
        Ok(text.get(given..complete).unwrap_or_default().to_owned())
    }
}

/// Whether the last of `token_ids` ends a text, and why.
fn finish_reason(
    pipeline: &Pipeline,
    generation: &Generation,
    token_ids: &[u32],
    prompt_len: usize,
) -> Result<Option<FinishReason>> {
    let Some((last, before)) = token_ids.split_last().filter(|_| token_ids.len() > prompt_len) else {
        return Ok((generation.max_new_tokens == 0).then_some(FinishReason::Length));
    };
    if generation.eos_token_ids.contains(last) {
        return Ok(Some(FinishReason::EosToken));
    }
    if !generation.stop_strings.is_empty() {
        // Every token has at least a byte, so that these many hold the longest stop string.
        let longest = generation.stop_strings.iter().map(String::len).max().unwrap_or(0);
        let tail = before.len().saturating_sub(longest + 4);
        let known = pipeline.tokenizer.decode(&token_ids[tail..token_ids.len() - 1])?;
        let text = pipeline.tokenizer.decode(&token_ids[tail..])?;
        let known = known.trim_end_matches(char::REPLACEMENT_CHARACTER).len();
        let comes = |stop: &String| text.match_indices(stop).any(|(start, _)| start + stop.len() > known);
        if generation.stop_strings.iter().any(comes) {
            return Ok(Some(FinishReason::StopString));
        }
    }
    Ok((token_ids.len() - prompt_len >= generation.max_new_tokens).then_some(FinishReason::Length))
}

/// The numbers of a matrix, row by row.
async fn rows_of(logits: Tensor<2>) -> Result<Vec<Vec<f32>>> {
    let width = logits.dims()[1];
    let values = readback::read(Transaction::default().register(logits)).await?.concat();
    Ok(values.chunks_exact(width).map(<[f32]>::to_vec).collect())
}

/// The first of the largest.
fn largest(scores: &[f32]) -> usize {
    scores.iter().enumerate().fold(0, |best, (index, score)| if *score > scores[best] { index } else { best })
}

/// A token drawn by its probability, from the likeliest down, so that scores that differ in their last digits, as those
/// of two devices do, give the same one.
fn draw(scores: &[f32], rng: &mut Rng) -> usize {
    let probs = softmax(scores);
    let order = descending(scores);
    let mut left = rng.uniform();
    for &token in &order {
        left -= f64::from(probs[token]);
        if left < 0.0 {
            return token;
        }
    }
    // The probabilities' sum was rounded below the number drawn; or everything is forbidden, and a text must go on.
    order.first().copied().unwrap_or(0)
}

//! A text on its way: each step reads a piece of the prompt or writes a token of every sequence.

use burn::tensor::{Tensor, TensorData};

use super::Pipeline;
use super::beams::{Advance, Beams};
use super::generation::Generation;
use super::model::Cache;
use super::processors::{descending, log_softmax, process, softmax};
use crate::error::{Error, Result};
use crate::rng::{Purpose, Rng};

/// Tokens of the prompt that one step reads: a step cannot be stopped.
const PROMPT_PER_STEP: usize = 64;

/// A token that was written.
#[derive(Debug, Clone, PartialEq)]
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
    pub top_logprobs: Vec<(u32, f32)>,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// It has all the tokens that were asked for, or reached the end of the context.
    Length,
    /// The model ended it.
    EosToken,
    /// One of the `stop_strings` came.
    StopString,
}

/// A finished text.
#[derive(Debug, Clone, PartialEq)]
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
    prompt: String,
    prompt_ids: Vec<u32>,
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
    /// Tokens whose last character is not complete.
    pending: Vec<u32>,
    finish_reason: Option<FinishReason>,
}

impl Run {
    pub(super) fn new(
        pipeline: Pipeline,
        prompt: String,
        prompt_ids: Vec<u32>,
        generation: Generation,
    ) -> Result<Self> {
        let capacity = prompt_ids.len() + generation.max_new_tokens;
        let cache = pipeline.model.cache(1, capacity)?;
        let row = |index| Row {
            token_ids: prompt_ids.clone(),
            rng: Rng::of_row(generation.seed, Purpose::Tokens, index),
            pending: Vec::new(),
            finish_reason: None,
        };
        let search = if generation.num_beams > 1 {
            let rng = Box::new(Rng::new(generation.seed, Purpose::Tokens));
            Search::Beams(Beams::new(&prompt_ids, generation.num_beams), rng)
        } else {
            Search::Rows((0..generation.num_return_sequences).map(row).collect())
        };
        Ok(Self { pipeline, generation, prompt, prompt_ids, cache, search, done: false })
    }

    /// The seed in use: the caller's, or the random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.generation.seed
    }

    /// The prompt's tokens.
    #[must_use]
    pub fn prompt_ids(&self) -> &[u32] {
        &self.prompt_ids
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
        let (read, total) = (self.cache.len(), self.prompt_ids.len());
        let model = self.pipeline.model.clone();
        let logits = if read < total {
            let end = total.min(read + PROMPT_PER_STEP);
            let logits = model.next_logits(&[self.prompt_ids[read..end].to_vec()], &mut self.cache)?;
            if end < total {
                return Ok(Some(Event::Prompt(end, total)));
            }
            // All sequences share the prompt.
            let rows = match &self.search {
                Search::Rows(rows) => rows.len(),
                Search::Beams(beams, _) => beams.open.len(),
            };
            self.cache.select_rows(&vec![0; rows]);
            vec![rows_of(logits).await?.swap_remove(0); rows]
        } else {
            let last = |ids: &Vec<u32>| vec![ids[ids.len() - 1]];
            let token_ids: Vec<_> = match &self.search {
                Search::Rows(rows) => {
                    rows.iter().filter(|row| row.is_open()).map(|row| last(&row.token_ids)).collect()
                }
                Search::Beams(beams, _) => beams.open.iter().map(|beam| last(&beam.token_ids)).collect(),
            };
            rows_of(model.next_logits(&token_ids, &mut self.cache)?).await?
        };
        match self.search {
            Search::Rows(_) => self.write_tokens(logits),
            Search::Beams(..) => self.advance_beams(&logits),
        }
        .map(Some)
    }

    fn is_finished(&self) -> bool {
        match &self.search {
            Search::Rows(rows) => !rows.iter().any(Row::is_open),
            Search::Beams(beams, _) => beams.is_done(),
        }
    }

    /// Chooses a token for every open sequence.
    fn write_tokens(&mut self, logits: Vec<Vec<f32>>) -> Result<Event> {
        let Self { pipeline, generation, prompt_ids, cache, search, .. } = self;
        let Search::Rows(rows) = search else {
            return Err(Error::Internal("beams have no rows".to_owned()));
        };
        let mut tokens = Vec::new();
        let open = rows.iter_mut().enumerate().filter(|(_, row)| row.is_open());
        let mut kept = Vec::new();
        for (place, ((sequence_index, row), mut scores)) in open.zip(logits).enumerate() {
            let logprobs = log_softmax(&scores);
            process(&mut scores, &row.token_ids, prompt_ids.len(), generation);
            let choice =
                if generation.sampling.is_some() { draw(&scores, &mut row.rng) } else { largest(&scores) };
            #[allow(clippy::cast_possible_truncation)] // a token id
            let token_id = choice as u32;
            row.token_ids.push(token_id);
            row.finish_reason = finish_reason(pipeline, generation, &row.token_ids, prompt_ids.len())?;
            if row.is_open() {
                kept.push(place);
            }
            let mut likeliest = if generation.top_logprobs > 0 { descending(&logprobs) } else { Vec::new() };
            likeliest.truncate(generation.top_logprobs);
            #[allow(clippy::cast_possible_truncation)]
            let top_logprobs = likeliest.into_iter().map(|id| (id as u32, logprobs[id])).collect();
            let text = row.complete_text(pipeline, token_id)?;
            tokens.push(Token { sequence_index, token_id, text, logprob: logprobs[choice], top_logprobs });
        }
        if !kept.is_empty() {
            cache.select_rows(&kept);
        }
        Ok(Event::Tokens(tokens))
    }

    fn advance_beams(&mut self, logits: &[Vec<f32>]) -> Result<Event> {
        let Self { pipeline, generation, prompt_ids, cache, search, .. } = self;
        let Search::Beams(beams, rng) = search else {
            return Err(Error::Internal("rows have no beams".to_owned()));
        };
        let prompt_len = prompt_ids.len();
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
        let mut failure = None;
        let Advance { parents, done } =
            beams.advance(&scores, prompt_len, max_len, generation, rng, |token_ids| {
                finish_reason(pipeline, generation, token_ids, prompt_len)
                    .unwrap_or_else(|error| {
                        failure = Some(error);
                        None
                    })
                    .is_some()
            });
        if let Some(error) = failure {
            return Err(error);
        }
        if !done {
            cache.select_rows(&parents);
        }
        pipeline.tokenizer.decode(&beams.open[0].token_ids[prompt_len..]).map(Event::Beams)
    }

    fn sequences(&self) -> Result<Vec<Sequence>> {
        let Self { pipeline, generation, prompt, prompt_ids, .. } = self;
        let all: Vec<&[u32]> = match &self.search {
            Search::Rows(rows) => rows.iter().map(|row| row.token_ids.as_slice()).collect(),
            Search::Beams(beams, _) => beams.ended.iter().map(|beam| beam.token_ids.as_slice()).collect(),
        };
        let sequence = |token_ids: &&[u32]| {
            let new = &token_ids[prompt_ids.len()..];
            let finish_reason = finish_reason(pipeline, generation, token_ids, prompt_ids.len())?;
            let text = pipeline.tokenizer.decode(new)?;
            Ok(Sequence {
                generated_text: if generation.return_full_text { format!("{prompt}{text}") } else { text },
                token_ids: new.to_vec(),
                finish_reason: finish_reason.unwrap_or(FinishReason::Length),
            })
        };
        all.iter().take(generation.num_return_sequences).map(sequence).collect()
    }
}

impl Row {
    fn is_open(&self) -> bool {
        self.finish_reason.is_none()
    }

    /// The characters that `token_id` has completed. A character's bytes can be spread over tokens.
    fn complete_text(&mut self, pipeline: &Pipeline, token_id: u32) -> Result<String> {
        self.pending.push(token_id);
        let text = pipeline.tokenizer.decode(&self.pending)?;
        // No character has more than four bytes: what is not complete after that never will be.
        if self.is_open() && text.ends_with(char::REPLACEMENT_CHARACTER) && self.pending.len() < 4 {
            return Ok(String::new());
        }
        self.pending.clear();
        Ok(text)
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
    let data = logits.into_data_async().await;
    let data = data.map_err(|error| Error::DeviceLost(format!("the device failed: {error}")))?;
    let values = TensorData::try_into_vec::<f32>(data)
        .map_err(|_| Error::Internal("the device gave back something else than numbers".to_owned()))?;
    if !values.iter().all(|value| value.is_finite()) {
        return Err(Error::WeightsInvalid("the model gives NaN or infinity with these weights".to_owned()));
    }
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
    order[0] // the probabilities' sum was rounded below the number drawn
}

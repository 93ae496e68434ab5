//! A call under way: each step reads a piece of the prompt or writes a token of every sequence.

use burn::tensor::{Tensor, Transaction};

use super::Pipeline;
use super::beams::Beams;
use super::cache::Cache;
use super::event::{Event, FinishReason, Sequence, Token};
use super::generation::Generation;
use super::prompt::EncodedPrompt;
use super::request::Request;
use super::row::Row;
use crate::error::Result;
use crate::readback;

/// The most tokens of the prompt that one step reads. A step cannot be stopped.
pub(super) const PROMPT_PER_STEP: usize = 64;

/// A call under way.
#[derive(Debug)]
pub struct Run {
    request: Request,
    cache: Cache,
    search: Search,
    done: bool,
}

impl Run {
    pub(super) fn new(pipeline: Pipeline, prompt: EncodedPrompt, generation: Generation) -> Result<Self> {
        let capacity = prompt.token_ids.len() + generation.max_new_tokens;
        let cache = pipeline.model.cache(1, capacity)?;
        let search = Search::new(&prompt, &generation);
        let request = Request { pipeline, generation, prompt };
        Ok(Self { request, cache, search, done: false })
    }

    /// The seed in use: the caller's, or the random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.request.generation.seed
    }

    /// The prompt's tokens.
    #[must_use]
    pub fn prompt_ids(&self) -> &[u32] {
        &self.request.prompt.token_ids
    }

    /// The text that `token_id` would have added instead of `token`, the last one of its sequence. A part of a character is
    /// U+FFFD.
    ///
    /// # Errors
    /// `internal`.
    pub fn text_instead(&self, token: &Token, token_id: u32) -> Result<String> {
        let before = match &self.search {
            Search::Rows(rows) => rows.get(token.sequence_index).and_then(|row| row.token_ids().split_last()),
            Search::Beams(_) => None,
        };
        self.request.pipeline.tokenizer.text_after(before.map_or(&[], |(_, before)| before), token_id)
    }

    /// Takes a step; `None` after [`Event::Complete`].
    ///
    /// # Errors
    /// `device-lost` when the device fails, `weights-invalid` when the model gives no finite numbers.
    pub async fn step(&mut self) -> Result<Option<Event>> {
        if self.done {
            return Ok(None);
        }
        if self.search.is_done() {
            self.done = true;
            return self.sequences().map(|sequences| Some(Event::Complete(sequences)));
        }
        let Self { request, cache, search, .. } = self;
        let (model, prompt_ids) = (&request.pipeline.model, &request.prompt.token_ids);
        let (read, total) = (cache.len(), prompt_ids.len());
        let open = search.open();
        let logits = if read < total {
            let end = total.min(read + PROMPT_PER_STEP);
            let logits = model.next_logits(&[prompt_ids[read..end].to_vec()], cache)?;
            if end < total {
                return Ok(Some(Event::Prompt(end, total)));
            }
            // All sequences share the prompt.
            cache.select_rows(&vec![0; open.len()]);
            vec![rows_of(logits).await?.swap_remove(0); open.len()]
        } else {
            let last: Vec<_> = open.iter().map(|token_ids| vec![token_ids[token_ids.len() - 1]]).collect();
            rows_of(model.next_logits(&last, cache)?).await?
        };
        let (event, rows) = search.advance(logits, request)?;
        if !search.is_done() {
            cache.select_rows(&rows);
        }
        Ok(Some(event))
    }

    fn sequences(&self) -> Result<Vec<Sequence>> {
        let Request { pipeline, generation, prompt } = &self.request;
        let sequence = |token_ids: &[u32]| {
            let text = prompt.stream.rest(&pipeline.tokenizer, token_ids)?;
            let full = generation.return_full_text;
            Ok(Sequence {
                generated_text: if full { format!("{}{text}", prompt.text) } else { text },
                token_ids: token_ids[prompt.token_ids.len()..].to_vec(),
                finish_reason: self.request.finish_reason(token_ids)?.unwrap_or(FinishReason::Length),
            })
        };
        self.search.results().into_iter().take(generation.num_return_sequences).map(sequence).collect()
    }
}

/// How the texts of a call are continued.
#[derive(Debug)]
enum Search {
    /// Each sequence for itself.
    Rows(Vec<Row>),
    /// All together.
    Beams(Box<Beams>),
}

impl Search {
    fn new(prompt: &EncodedPrompt, generation: &Generation) -> Self {
        if generation.num_beams > 1 {
            return Self::Beams(Box::new(Beams::new(&prompt.token_ids, generation)));
        }
        let row = |index| Row::new(index, prompt, generation.seed);
        Self::Rows((0..generation.num_return_sequences).map(row).collect())
    }

    /// The open texts, one for each row of the cache.
    fn open(&self) -> Vec<&[u32]> {
        match self {
            Self::Rows(rows) => rows.iter().filter(|row| row.is_open()).map(Row::token_ids).collect(),
            Self::Beams(beams) => beams.open.iter().map(|beam| beam.token_ids.as_slice()).collect(),
        }
    }

    /// The texts at the end.
    fn results(&self) -> Vec<&[u32]> {
        match self {
            Self::Rows(rows) => rows.iter().map(Row::token_ids).collect(),
            Self::Beams(beams) => beams.ended.iter().map(|beam| beam.token_ids.as_slice()).collect(),
        }
    }

    fn is_done(&self) -> bool {
        match self {
            Self::Rows(rows) => !rows.iter().any(Row::is_open),
            Self::Beams(beams) => beams.is_done(),
        }
    }

    /// Continues each open text by a token, for which the model gave `logits`. Returns the event and, for each text that is
    /// open now, the row of the cache that it goes on from.
    fn advance(&mut self, logits: Vec<Vec<f32>>, request: &Request) -> Result<(Event, Vec<usize>)> {
        match self {
            Self::Rows(rows) => {
                let (mut tokens, mut still_open) = (Vec::new(), Vec::new());
                let open = rows.iter_mut().filter(|row| row.is_open());
                for (index, (row, logits)) in open.zip(logits).enumerate() {
                    tokens.push(row.advance(logits, request)?);
                    if row.is_open() {
                        still_open.push(index);
                    }
                }
                Ok((Event::Tokens(tokens), still_open))
            }
            Self::Beams(beams) => {
                let parents = beams.advance(&logits, request)?;
                let Request { pipeline, prompt, .. } = request;
                let text = prompt.stream.rest(&pipeline.tokenizer, &beams.open[0].token_ids)?;
                Ok((Event::Beams(text), parents))
            }
        }
    }
}

/// The numbers of a matrix, row by row.
async fn rows_of(logits: Tensor<2>) -> Result<Vec<Vec<f32>>> {
    let width = logits.dims()[1];
    let values = readback::read(Transaction::default().register(logits)).await?.concat();
    Ok(values.chunks_exact(width).map(<[f32]>::to_vec).collect())
}

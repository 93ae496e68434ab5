//! Strings that end a text.
//!
//! A token ends the text when a stop string has a part in it: the string may begin in earlier tokens, the prompt's too, and
//! the token may go on behind it. Tokens that only mark something count by their names.
//! Source: `StopStringCriteria` of
//! <https://github.com/huggingface/transformers/blob/main/src/transformers/generation/stopping_criteria.py>.

use crate::error::Result;
use crate::tokenizer::Tokenizer;

/// Whether one of `stop_strings` ends within the last of `token_ids`.
///
/// # Errors
/// `internal`.
pub fn stops(tokenizer: &Tokenizer, token_ids: &[u32], stop_strings: &[String]) -> Result<bool> {
    let Some((&last, before)) = token_ids.split_last().filter(|_| !stop_strings.is_empty()) else {
        return Ok(false);
    };
    let Some(mut text) = tokenizer.bytes_of(last)? else {
        return Ok(false);
    };
    let new = text.len();
    let longest = stop_strings.iter().map(String::len).max().unwrap_or(0);
    let most_tokens = stop_strings.iter().map(|stop| tokenizer.most_tokens(stop)).max().unwrap_or(0);
    for &token_id in before.iter().rev().take(most_tokens.saturating_sub(1)) {
        if text.len() - new + 1 >= longest {
            break;
        }
        match tokenizer.bytes_of(token_id)? {
            Some(bytes) => text = [bytes, text].concat(),
            None => break,
        }
    }
    let known = text.len() - new;
    let ends_with =
        |stop: &String| (known + 1..=text.len()).any(|end| text[..end].ends_with(stop.as_bytes()));
    Ok(stop_strings.iter().any(ends_with))
}

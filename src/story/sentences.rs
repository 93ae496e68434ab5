//! A text as it grows, cut into sentences. Where it is cut does not depend on the pieces that it comes in.

use super::utf16;

/// Words before a full stop that do not end a sentence.
const ABBREVIATIONS: [&str; 22] = [
    "mr", "mrs", "ms", "dr", "st", "prof", "sr", "jr", "mt", "capt", "col", "gen", "lt", "sgt", "rev", "vs",
    "e.g", "i.e", "no", "ft", "approx", "dept",
];
/// Longer sentences are cut at the next blank.
const MAX_LENGTH: usize = 600;

/// A sentence, without the blanks around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Where it begins in the whole text, in UTF-16 units.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Its text.
    pub text: String,
    /// Whether an empty line is before it.
    pub begins_paragraph: bool,
}

/// Cuts a text into sentences as it comes.
#[derive(Debug, Clone)]
pub struct Sentences {
    /// What comes after the last whole sentence.
    rest: String,
    /// Up to where `rest` has been looked at, in bytes.
    seen: usize,
    /// Where `rest` begins in the whole text, in UTF-16 units.
    start: usize,
    begins_paragraph: bool,
}

impl Default for Sentences {
    fn default() -> Self {
        Self { rest: String::new(), seen: 0, start: 0, begins_paragraph: true }
    }
}

impl Sentences {
    /// The sentences that are whole now that `text` has come.
    pub fn push(&mut self, text: &str) -> Vec<Sentence> {
        self.rest.push_str(text);
        let (rest, mut at) = (std::mem::take(&mut self.rest), 0);
        let mut whole = Vec::new();
        loop {
            match end_of(&rest, at, self.seen.max(at)) {
                End::At { end, next, is_paragraph } => {
                    whole.extend(self.sentence(&rest[at..end], &rest[end..next]));
                    self.begins_paragraph |= is_paragraph;
                    (at, self.seen) = (next, next);
                }
                End::NotBefore(seen) => {
                    self.seen = seen - at;
                    break;
                }
            }
        }
        rest[at..].clone_into(&mut self.rest);
        whole
    }

    /// What is left at the text's end.
    pub fn finish(&mut self) -> Option<Sentence> {
        let rest = std::mem::take(&mut self.rest);
        self.seen = 0;
        self.sentence(&rest, "")
    }

    fn sentence(&mut self, text: &str, after: &str) -> Option<Sentence> {
        let inner = text.trim();
        let start = self.start + utf16::length(&text[..text.len() - text.trim_start().len()]);
        self.start += utf16::length(text) + utf16::length(after);
        if inner.is_empty() {
            return None;
        }
        let begins_paragraph = std::mem::take(&mut self.begins_paragraph);
        Some(Sentence { start, end: start + utf16::length(inner), text: inner.to_owned(), begins_paragraph })
    }
}

enum End {
    /// The sentence ends at `end`, and the next one begins at `next`.
    At { end: usize, next: usize, is_paragraph: bool },
    /// There is no end before this position, as far as one can know.
    NotBefore(usize),
}

/// Where the sentence that begins at `from` ends; nothing before `seen` ends it.
fn end_of(text: &str, from: usize, seen: usize) -> End {
    let mut letters = text[seen..].char_indices().map(|(at, letter)| (seen + at, letter)).peekable();
    while let Some((at, letter)) = letters.next() {
        if is_terminator(letter) {
            let after = skip(text, at, |c| is_terminator(c) || is_closer(c));
            if after == text.len() {
                return End::NotBefore(at);
            }
            let blank = skip(text, after, char::is_whitespace);
            if blank == text.len() && !is_empty_line(&text[after..blank]) {
                return End::NotBefore(at);
            }
            if ends(text, from, at, after, blank) {
                return End::At { end: after, next: blank, is_paragraph: is_empty_line(&text[after..blank]) };
            }
            while letters.next_if(|&(next, _)| next < after).is_some() {}
        } else if letter.is_whitespace() {
            let blank = skip(text, at, char::is_whitespace);
            if is_empty_line(&text[at..blank]) {
                return End::At { end: at, next: blank, is_paragraph: true };
            }
            if blank == text.len() {
                return End::NotBefore(at);
            }
            if at - from > MAX_LENGTH {
                return End::At { end: at, next: blank, is_paragraph: false };
            }
            while letters.next_if(|&(next, _)| next < blank).is_some() {}
        }
    }
    End::NotBefore(text.len())
}

/// Whether the terminators from `at` to `after` end the sentence; after the blanks, something goes on at `next`.
fn ends(text: &str, from: usize, at: usize, after: usize, next: usize) -> bool {
    if matches!(text[at..].chars().next(), Some('。' | '！' | '？')) {
        return true;
    }
    if after == next {
        return false; // "3.14", "...and"
    }
    if is_empty_line(&text[after..next]) {
        return true;
    }
    if text[next..].chars().find(|&letter| !is_opener(letter)).is_some_and(char::is_lowercase) {
        return false; // "Stop!" she cried
    }
    if &text[at..after] != "." {
        return true;
    }
    let word_start = text[from..at].rfind(|letter: char| !letter.is_alphanumeric() && letter != '.');
    let word = &text[word_start
        .map_or(from, |start| from + start + text[from + start..].chars().next().map_or(1, char::len_utf8))
        ..at];
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
    !is_initial && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

fn skip(text: &str, from: usize, passes: impl Fn(char) -> bool) -> usize {
    text[from..].find(|letter: char| !passes(letter)).map_or(text.len(), |at| from + at)
}

fn is_terminator(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

fn is_closer(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '”' | '’' | ')' | ']' | '»' | '」' | '』')
}

fn is_opener(letter: char) -> bool {
    matches!(letter, '"' | '\'' | '“' | '‘' | '(' | '[' | '«')
}

/// Two ends of lines, "\r\n" being one.
fn is_empty_line(blanks: &str) -> bool {
    blanks.replace("\r\n", "\n").chars().filter(|&letter| matches!(letter, '\n' | '\r' | '\u{2029}')).count()
        > 1
}

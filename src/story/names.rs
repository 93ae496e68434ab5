//! Which words of a sentence are somebody's name, and how a name and a kind are put together: "a fox named Lily".

use super::nouns::is_preposition;
use super::words::Word;

/// Capitalised, but nobody's name.
const NOT_NAMES: &str = " i mars earth venus jupiter saturn mercury neptune pluto god christmas easter halloween mr mrs ms miss dr \
    sir lady lord captain english french german chinese monday tuesday wednesday thursday friday saturday sunday january \
    february march april may june july august september october november december grandmother grandfather grandma grandpa \
    mother father mum mom mommy dad daddy mama papa uncle aunt auntie princess prince king queen professor island oh yes no ah \
    hello hi hey wow ok okay please thank thanks once one then when suddenly but and so it he she they we you there this that \
    the a an in on at all every everyone everybody nobody somebody something nothing now later soon after before finally as \
    if what where who why how not never always maybe perhaps even just only still here his her their its my our your with \
    for from to by of up down out over under day night today tomorrow yesterday good great well look come let go north south \
    east west meanwhile sometimes often dear next first last long far many most some each another both while until because though although since ";

/// Verbs that follow a name at a sentence's beginning.
const VERBS: &str = " was is had has said went ran came saw took made got felt knew thought told gave found left kept began sat stood \
    held heard flew swam grew fell woke loved liked could would did and lived put let sang rode drew threw bit hid stopped ";

/// How the word at `at` is used as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It follows "named", "called" or "name was".
    Given,
    /// It stands in a sentence as names do.
    Plain,
}

/// Whether a word is written as a name, and where it stands says that it is one, or that its kind is said beside it.
#[must_use]
pub fn name_use(text: &str, words: &[Word], at: usize, has_kind: bool) -> Option<Use> {
    let word = &words[at];
    if !word.capital
        || word.lower.chars().count() < 2
        || word.lower.chars().any(|letter| letter.is_ascii_digit())
    {
        return None;
    }
    let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at].lower.as_str());
    let is_given =
        matches!(before(1), "named" | "called") || (matches!(before(1), "was" | "is") && before(2) == "name");
    if is_given && gap(text, words, at).chars().all(|letter| letter.is_whitespace() || letter == '"') {
        return Some(Use::Given);
    }
    if is_word(NOT_NAMES, &word.lower) || before(1) == "dear" {
        return None;
    }
    if !begins_sentence(text, words, at) {
        return Some(Use::Plain);
    }
    if word.lower.ends_with("ly") && !has_kind || is_preposition(&word.lower) {
        return None;
    }
    let next = words.get(at + 1).map_or("", |next| next.lower.as_str());
    let is_name = has_kind || is_word(VERBS, next) || next == "s" || (next.len() > 3 && next.ends_with("ed"));
    is_name.then_some(Use::Plain)
}

/// Whether a word is the first of a sentence, or of what somebody says.
fn begins_sentence(text: &str, words: &[Word], at: usize) -> bool {
    let before = gap(text, words, at);
    at == 0
        || before.chars().any(|letter| matches!(letter, '.' | '!' | '?' | ':' | '"' | '“' | '‘' | '\n' | '…'))
}

/// What is between a word and the one before it.
fn gap<'a>(text: &'a str, words: &[Word], at: usize) -> &'a str {
    let start = at.checked_sub(1).map_or(0, |before| words[before].end);
    &text[start..words[at].start]
}

fn is_word(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split_whitespace().any(|one| one == word)
}

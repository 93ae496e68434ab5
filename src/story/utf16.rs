//! Positions as JavaScript counts them.

/// How many UTF-16 units a text has.
#[must_use]
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Turns positions in bytes, each at a character's start or the text's end and in ascending order, into UTF-16 units.
pub fn positions<'a>(text: &str, bytes: impl Iterator<Item = &'a mut usize>) {
    let (mut at, mut units) = (0, 0);
    for byte in bytes {
        units += length(&text[at..*byte]);
        at = *byte;
        *byte = units;
    }
}

//! The pictures of one call: how many there are, and of which classes.

use crate::error::{Error, Result};
use crate::rng::{Purpose, Rng};

/// How many rows of `width` numbers an option has.
///
/// # Errors
/// `invalid-option` when they are not whole rows.
pub fn rows_of(name: &str, values: Option<&[f32]>, width: usize) -> Result<Option<usize>> {
    match values {
        Some(values) if values.len() % width != 0 || values.is_empty() => Err(Error::InvalidOption(format!(
            "{name} has {} numbers; it must have {width} for each picture",
            values.len()
        ))),
        values => Ok(values.map(|values| values.len() / width)),
    }
}

/// How many pictures the options ask for; one when none of them says. `rows` has each option's name and number.
///
/// # Errors
/// `invalid-option` when two ask for different numbers, or the number is not 1 to `most`.
pub fn count_of(rows: &[(&str, Option<usize>)], most: usize) -> Result<usize> {
    let invalid = |what: String| Err(Error::InvalidOption(what));
    let mut said = rows.iter().filter_map(|&(name, rows)| rows.map(|rows| (name, rows)));
    let Some((by, count)) = said.next() else {
        return Ok(1);
    };
    if let Some((name, rows)) = said.find(|&(_, rows)| rows != count) {
        return invalid(format!("{name} is for {rows} pictures, but {by} for {count}"));
    }
    if !(1..=most).contains(&count) {
        return invalid(format!("{count} pictures; one call makes 1 to {most}"));
    }
    Ok(count)
}

/// A class for each picture: the one given for all, the one given for each, or one drawn evenly from the seed.
#[allow(clippy::cast_possible_truncation)] // there are fewer classes than that
pub fn labels_of(given: Option<&[u64]>, classes: usize, count: usize, seed: u64) -> Vec<u32> {
    match given {
        Some(&[one]) => vec![one as u32; count],
        Some(each) => each.iter().map(|&label| label as u32).collect(),
        None => {
            let mut draw = Rng::new(seed, Purpose::ClassLabels);
            (0..count).map(|_| draw.below(classes as u32)).collect()
        }
    }
}

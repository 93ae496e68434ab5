//! Two names of one tensor: a token embedding that is the head too.
//!
//! A file has it under either name, or under both. Where both hold the same numbers it is one tensor; where they do not,
//! the configuration is wrong about the file, and they are two. That is what transformers does
//! (`PreTrainedModel.tie_weights`).

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};

/// A name that the network asks for, and another for the same tensor.
#[derive(Debug)]
pub struct Tied {
    pub name: &'static str,
    pub other: &'static str,
    file: File,
}

/// What the file has.
#[derive(Debug)]
enum File {
    Either,
    /// And the first of them has come, with numbers that hash to this.
    Both(Option<u64>),
}

impl Tied {
    pub fn new(name: &'static str, other: &'static str) -> Self {
        Self { name, other, file: File::Either }
    }

    /// Learns which names there are. Returns whether both are.
    pub fn learn(&mut self, names: &BTreeSet<String>) -> bool {
        let both = [self.name, self.other].iter().all(|name| names.contains(*name));
        self.file = if both { File::Both(None) } else { File::Either };
        both
    }

    /// The name under which a tensor is wanted.
    pub fn wanted(&self, name: String) -> String {
        match self.file {
            File::Either if name == self.other => self.name.to_owned(),
            _ => name,
        }
    }

    /// Whether a tensor that has come holds what the first of the two did, under the other name.
    pub fn repeats(&mut self, name: &str, values: &[f32]) -> bool {
        let File::Both(first) = &mut self.file else {
            return false;
        };
        if ![self.name, self.other].contains(&name) {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        for value in values {
            hasher.write_u32(value.to_bits());
        }
        first.replace(hasher.finish()) == *first
    }
}

//! The tensors that a network wants, as they arrive.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, TensorData};

use super::header::{Dtype, Header, TensorInfo};
use super::module::{Key, KeyMap};
use super::parameters::{Arrived, Parameters, Source};
use super::reader::Sink;
use super::storage::Storage;
use crate::error::{Error, Result};
use crate::kernels::{ConvKernels, Format, Layout, Weight};

/// The wanted name of a tensor, from the name that a file has for it; `None` for one that the model does without.
pub type FileNames = fn(name: &str) -> Option<&str>;

/// The name that a tensor has today, from the one that older files have for it; `None` for a name of today.
pub type OlderNames = fn(name: &str) -> Option<String>;

/// The tensors that a network wants, as they arrive.
#[derive(Debug)]
pub struct Checkpoint {
    device: Device,
    storage: Storage,
    /// How a Burn module's parameters are named; of no use to other networks.
    pub(super) key_map: KeyMap,
    file_names: FileNames,
    older_names: OlderNames,
    wanted: BTreeMap<String, Wanted>,
    pub(super) arrived: BTreeMap<String, Arrived>,
}

/// A tensor as the file must have it.
#[derive(Debug)]
pub(super) struct Wanted {
    pub shape: Vec<usize>,
    pub kept: Kept,
    /// In `f32`, whatever the [`Storage`] says.
    pub is_exact: bool,
}

/// As what a tensor is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    /// One of Burn's tensors, in `f32`.
    Tensor,
    /// The same, transposed as it arrives.
    Transposed,
    /// A [`Weight`].
    Matrix(Layout),
    /// [`ConvKernels`].
    Kernels,
}

impl Wanted {
    /// The format that a file's tensor is kept in.
    fn format(&self, storage: &Storage, info: &TensorInfo) -> Result<Format> {
        let storage = if self.is_exact { storage.exact() } else { *storage };
        match (self.kept, self.shape.as_slice()) {
            (Kept::Matrix(_), &[rows, columns]) => storage.format_of(info, [rows, columns]),
            (Kept::Kernels, &[outputs, inputs, height, width]) => {
                storage.format_of(info, ConvKernels::matrix_shape([outputs, inputs, height, width]))
            }
            _ => Ok(Format::F32),
        }
    }
}

impl Checkpoint {
    /// An empty checkpoint for what `build` makes of its tensors.
    pub fn for_network<N>(
        build: impl FnOnce(&mut Parameters) -> N,
        storage: Storage,
        device: &Device,
    ) -> Self {
        let mut survey = Source::Survey(BTreeMap::new());
        build(&mut Parameters::new(&mut survey));
        let Source::Survey(wanted) = survey else {
            unreachable!("a survey stays one");
        };
        Self::wanting(wanted, storage, device)
    }

    pub(super) fn wanting(wanted: BTreeMap<String, Wanted>, storage: Storage, device: &Device) -> Self {
        Self {
            device: device.clone(),
            storage,
            key_map: |path, _| Key { name: path.to_owned(), transposed: false },
            file_names: |name| Some(name),
            older_names: |_| None,
            wanted,
            arrived: BTreeMap::new(),
        }
    }

    /// The same for files that have other names for the tensors, or tensors that the model does without.
    #[must_use]
    pub fn with_file_names(self, file_names: FileNames) -> Self {
        Self { file_names, ..self }
    }

    /// The same for files that may be older than some of the names.
    #[must_use]
    pub fn with_older_names(self, older_names: OlderNames) -> Self {
        Self { older_names, ..self }
    }

    /// The wanted name of a file's tensor; `None` for one that the model does without.
    fn key<'a>(&self, name: &'a str) -> Option<Cow<'a, str>> {
        match (self.older_names)(name) {
            None => (self.file_names)(name).map(Cow::Borrowed),
            Some(name) => (self.file_names)(&name).map(|name| Cow::Owned(name.to_owned())),
        }
    }

    /// The wanted tensors' names and shapes as the file has them.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.wanted.iter().map(|(name, wanted)| (name.as_str(), wanted.shape.as_slice()))
    }

    /// Checks that a complete list of a checkpoint's tensor names has everything that is wanted.
    ///
    /// # Errors
    /// `weights-mismatch` naming the first that is missing.
    pub fn expect_all<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let names: BTreeSet<_> = names.into_iter().filter_map(|name| self.key(name)).collect();
        self.expect(|name| names.contains(name))
    }

    pub(super) fn expect(&self, has: impl Fn(&str) -> bool) -> Result<()> {
        match self.wanted.keys().find(|name| !has(name)) {
            None => Ok(()),
            Some(missing) => Err(Error::WeightsMismatch(format!(
                "the checkpoint has no tensor {missing:?}, which the model's config.json asks for"
            ))),
        }
    }

    /// What `build` makes of the tensors that have arrived: the same that [`Self::for_network`] was given.
    ///
    /// # Errors
    /// `weights-mismatch` naming the first wanted tensor that has not arrived.
    pub fn into_network<N>(self, build: impl FnOnce(&mut Parameters) -> N) -> Result<N> {
        self.expect(|name| self.arrived.contains_key(name))?;
        Ok(build(&mut Parameters::new(&mut Source::Arrived(self.arrived))))
    }
}

impl Sink for Checkpoint {
    fn header(&mut self, header: &Header) -> Result<()> {
        let mut names = BTreeSet::new();
        for info in &header.tensors {
            let TensorInfo { name, dtype, shape, .. } = info;
            let Some(key) = self.key(name) else {
                continue;
            };
            let mismatch = |what: String| Err(Error::WeightsMismatch(format!("tensor {name:?} {what}")));
            match self.wanted.get(&*key) {
                None => return mismatch("is in the file, but the model has no place for it".to_owned()),
                Some(wanted) if wanted.shape != *shape => {
                    let wanted = &wanted.shape;
                    return mismatch(format!(
                        "has shape {shape:?}, and the model's config.json asks for {wanted:?}"
                    ));
                }
                Some(wanted) => {
                    wanted.format(&self.storage, info)?;
                }
            }
            if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
                return mismatch(format!("is stored as {dtype:?}; F32, F16 and BF16 can be read"));
            }
            if self.arrived.contains_key(&*key) || !names.insert(key) {
                return mismatch("stands in two shards, or under two names".to_owned());
            }
        }
        Ok(())
    }

    fn wants(&self, info: &TensorInfo) -> bool {
        self.key(&info.name).is_some()
    }

    fn tensor(&mut self, info: &TensorInfo, values: Vec<f32>) -> Result<()> {
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            return Err(Error::WeightsInvalid(format!(
                "tensor {:?} holds {} at element {position}",
                info.name, values[position]
            )));
        }
        let key = self.key(&info.name).unwrap_or(Cow::Borrowed(&info.name));
        let wanted = self.wanted.get(&*key);
        let format = wanted.map_or(Ok(Format::F32), |wanted| wanted.format(&self.storage, info))?;
        let arrived = match (wanted.map(|wanted| wanted.kept), info.shape.as_slice()) {
            (Some(Kept::Matrix(layout)), &[rows, columns]) => {
                Arrived::Weight(Weight::new(values, [rows, columns], layout, format, &self.device))
            }
            (Some(Kept::Kernels), &[outputs, inputs, height, width]) => {
                let shape = [outputs, inputs, height, width];
                Arrived::Kernels(ConvKernels::new(&values, shape, format, &self.device))
            }
            (Some(Kept::Transposed), &[rows, columns]) => {
                Arrived::Plain(self.plain(transpose(&values, rows, columns)))
            }
            _ => Arrived::Plain(self.plain(values)),
        };
        self.arrived.insert(key.into_owned(), arrived);
        Ok(())
    }
}

impl Checkpoint {
    fn plain(&self, values: Vec<f32>) -> Tensor<1> {
        let len = values.len();
        Tensor::from_data(TensorData::new(values, [len]), &self.device)
    }
}

/// The transpose of a row-major matrix.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut transposed = vec![0.0; values.len()];
    // Sixteen rows at a time, so that what is written together lies together in a cache line.
    for (band, values) in values.chunks(16 * columns).enumerate() {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (column, &value) in values.iter().enumerate() {
                transposed[column * rows + band * 16 + row] = value;
            }
        }
    }
    transposed
}

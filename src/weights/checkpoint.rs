//! The tensors that a network wants, as they arrive.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, TensorData};

use super::header::{Dtype, Header, TensorInfo};
use super::module::{Key, KeyMap};
use super::parameters::{Arrived, Parameters, Source};
use super::reader::Sink;
use super::storage::Storage;
use super::tied::Tied;
use crate::error::{Error, Result};
use crate::kernels::{ConvKernels, Format, Layout, Weight};
use crate::warnings::passed_over;

/// What a tensor of a file is to the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// One of its weights, under the name that the network has for it. A network that wants none of that name does not
    /// fit the file.
    Weight(String),
    /// Nothing that was learned, such as a mask.
    Constant,
    /// A part of something else around the network, such as another head.
    Foreign,
}

/// What a tensor is, from the name that a file has for it.
pub type FileNames = fn(name: &str) -> Role;

/// The tensors that a network wants, as they arrive.
#[derive(Debug)]
pub struct Checkpoint {
    device: Device,
    storage: Storage,
    /// How a Burn module's parameters are named; of no use to other networks.
    pub(super) key_map: KeyMap,
    file_names: FileNames,
    tied: Option<Tied>,
    wanted: BTreeMap<String, Wanted>,
    /// Whether it is known what the checkpoint has: from the index of its shards, or from the header of its one file.
    listed: bool,
    /// The foreign tensors that it has.
    foreign: Vec<String>,
    pub(super) arrived: BTreeMap<String, Arrived>,
}

/// A tensor as the file must have it.
#[derive(Debug, Clone)]
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
            file_names: |name| Role::Weight(name.to_owned()),
            tied: None,
            wanted,
            listed: false,
            foreign: Vec::new(),
            arrived: BTreeMap::new(),
        }
    }

    /// The same for files that have other names for the tensors, or tensors that the network does without.
    #[must_use]
    pub fn with_file_names(self, file_names: FileNames) -> Self {
        Self { file_names, ..self }
    }

    /// The same for files that may have the tensor `name` under the name `other`. Where they have both, with different
    /// numbers, the two are two tensors, and [`Self::has_arrived`] says so.
    #[must_use]
    pub fn with_tied(self, name: &'static str, other: &'static str) -> Self {
        Self { tied: Some(Tied::new(name, other)), ..self }
    }

    /// The wanted name of a file's tensor; `None` for one that the network does without.
    fn key(&self, name: &str) -> Option<String> {
        match ((self.file_names)(name), &self.tied) {
            (Role::Weight(name), Some(tied)) => Some(tied.wanted(name)),
            (Role::Weight(name), None) => Some(name),
            _ => None,
        }
    }

    /// The wanted tensors' names and shapes as the file has them.
    pub fn wanted(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.wanted.iter().map(|(name, wanted)| (name.as_str(), wanted.shape.as_slice()))
    }

    /// How many numbers all of them have together.
    #[must_use]
    pub fn num_weights(&self) -> u64 {
        let numbers =
            |shape: &[usize]| shape.iter().fold(1, |all: u64, &size| all.saturating_mul(size as u64));
        self.wanted().fold(0, |all: u64, (_, shape)| all.saturating_add(numbers(shape)))
    }

    /// Checks that these are at most so many numbers, and that the device has room for them, before any comes. `file` is what
    /// asks for them.
    ///
    /// # Errors
    /// `unsupported-model`, with both numbers.
    pub fn check_total(&self, file: &str, most: u64) -> Result<()> {
        let all = self.num_weights();
        if all > most {
            return Err(Error::UnsupportedModel(format!("{file}: {all} parameters, more than {most}")));
        }
        self.storage.check_total(all)
    }

    /// Checks that a checkpoint in shards has everything that is wanted. `names` are those of all its tensors. Without
    /// them, the checkpoint is one file, whose header is checked.
    ///
    /// # Errors
    /// `weights-mismatch` naming the first that is missing.
    pub fn expect_all<'a>(&mut self, names: impl IntoIterator<Item = &'a str> + Clone) -> Result<()> {
        self.learn(names.clone());
        self.expect_in(names)
    }

    /// Learns which tensors the checkpoint has, before any of them comes.
    fn learn<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let mut weights = BTreeSet::new();
        for name in names {
            match (self.file_names)(name) {
                Role::Weight(name) => drop(weights.insert(name)),
                Role::Foreign => self.foreign.push(name.to_owned()),
                Role::Constant => {}
            }
        }
        if let Some(tied) = &mut self.tied
            && tied.learn(&weights)
            && let Some(wanted) = self.wanted.get(tied.name)
        {
            self.wanted.insert(tied.other.to_owned(), wanted.clone());
        }
        self.listed = true;
    }

    fn expect_in<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let keys: BTreeSet<_> = names.into_iter().filter_map(|name| self.key(name)).collect();
        self.expect(|name| keys.contains(name))
    }

    pub(super) fn expect(&self, has: impl Fn(&str) -> bool) -> Result<()> {
        let Some(missing) = self.wanted.keys().find(|name| !has(name)) else {
            return Ok(());
        };
        let around = self.foreign.iter().find_map(|name| name.strip_suffix(missing)?.strip_suffix('.'));
        Err(Error::WeightsMismatch(match around {
            None => {
                format!("the checkpoint has no tensor {missing:?}, which the model's config.json asks for")
            }
            Some(wrapper) => format!(
                "the checkpoint has no tensor {missing:?}, but \"{wrapper}.{missing}\": it was saved inside a wrapper. \
                 Names without \"{wrapper}.\" can be read"
            ),
        }))
    }

    /// Whether a tensor has come that is wanted under this name.
    #[must_use]
    pub fn has_arrived(&self, name: &str) -> bool {
        self.arrived.contains_key(name)
    }

    /// What was passed over in the checkpoint, which messages call `file`.
    #[must_use]
    pub fn warnings(&self, file: &str) -> Vec<String> {
        passed_over(file, "the network does without", self.foreign.iter().map(String::as_str))
            .into_iter()
            .collect()
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
        let all = header.tensors.iter().map(|info| info.name.as_str());
        let is_whole = !self.listed;
        if is_whole {
            self.learn(all.clone());
        }
        let mut names = BTreeSet::new();
        for info in &header.tensors {
            let TensorInfo { name, dtype, shape, .. } = info;
            let Some(key) = self.key(name) else {
                continue;
            };
            let mismatch = |what: String| Err(Error::WeightsMismatch(format!("tensor {name:?} {what}")));
            match self.wanted.get(&key) {
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
            if !matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16) {
                return mismatch(dtype.refusal());
            }
            if self.arrived.contains_key(&key) || !names.insert(key) {
                return mismatch("stands in two shards, or under two names".to_owned());
            }
        }
        if is_whole { self.expect_in(all) } else { Ok(()) }
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
        let Some(key) = self.key(&info.name) else {
            return Ok(()); // never: it is not wanted
        };
        if let Some(tied) = &mut self.tied
            && tied.repeats(&key, &values)
        {
            self.wanted.remove(tied.other);
            if let Some(arrived) = self.arrived.remove(tied.other) {
                self.arrived.insert(tied.name.to_owned(), arrived);
            }
            return Ok(());
        }
        let wanted = self.wanted.get(&key);
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
        self.arrived.insert(key, arrived);
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

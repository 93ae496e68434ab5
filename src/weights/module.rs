//! Checkpoints of Burn modules, whose parameters are found by a walk. A module holds Burn's own tensors in `f32`, which it
//! can train.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};

use super::checkpoint::{Checkpoint, Kept, Wanted};
use super::parameters::Arrived;
use super::storage::Storage;
use crate::error::Result;

/// Where a checkpoint has a module's parameter, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The tensor's name in the file.
    pub name: String,
    /// The file holds the matrix transposed, as PyTorch's `nn.Linear` does (`[out, in]`).
    pub transposed: bool,
}

/// A parameter's [`Key`], from its path in the module (`generator.main.0.weight`) and the type of
/// the layer that owns it (`Linear`).
pub type KeyMap = fn(path: &str, layer: &str) -> Key;

impl Checkpoint {
    /// An empty checkpoint for `module`, whose parameters need not have been initialised.
    #[must_use]
    pub fn new<M: Module>(module: &M, key_map: KeyMap, device: &Device) -> Self {
        let mut survey = Survey { walk: Walk::new(key_map), wanted: BTreeMap::new() };
        module.visit(&mut survey);
        let mut checkpoint = Self::wanting(survey.wanted, Storage::CPU, device);
        checkpoint.key_map = key_map;
        checkpoint
    }

    /// Puts the tensors that have arrived into `module`.
    ///
    /// # Errors
    /// `weights-mismatch` naming the first wanted tensor that has not arrived.
    pub fn into_module<M: Module>(self, module: M) -> Result<M> {
        self.expect(|name| self.arrived.contains_key(name))?;
        let mut fill = Fill { walk: Walk::new(self.key_map), arrived: self.arrived };
        Ok(module.map(&mut fill))
    }
}

/// Follows a walk through a module and knows the key of the parameter that it has come to.
struct Walk {
    key_map: KeyMap,
    path: Vec<String>,
    layers: Vec<String>,
}

impl Walk {
    fn new(key_map: KeyMap) -> Self {
        Self { key_map, path: Vec::new(), layers: Vec::new() }
    }

    fn enter(&mut self, name: &str, container_type: &str) {
        self.path.push(name.to_owned());
        let layer = container_type.strip_prefix("Struct:").unwrap_or(container_type);
        self.layers.push(layer.to_owned());
    }

    fn exit(&mut self) {
        self.path.pop();
        self.layers.pop();
    }

    fn key(&self) -> Key {
        // A parameter enters the path like a module, under the type of the layer that holds it.
        (self.key_map)(&self.path.join("."), self.layers.last().map_or("", String::as_str))
    }
}

/// Collects the names and shapes of a module's parameters, as the checkpoint has them.
struct Survey {
    walk: Walk,
    wanted: BTreeMap<String, Wanted>,
}

impl ModuleVisitor for Survey {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.walk.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.walk.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let key = self.walk.key();
        let mut shape = param.lazy_shape().to_vec();
        if key.transposed {
            shape.reverse();
        }
        let kept = if key.transposed { Kept::Transposed } else { Kept::Tensor };
        self.wanted.insert(key.name, Wanted { shape, kept, is_exact: true });
    }
}

/// Replaces a module's parameters with the tensors that arrived.
struct Fill {
    walk: Walk,
    arrived: BTreeMap<String, Arrived>,
}

impl ModuleMapper for Fill {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.walk.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.walk.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let key = self.walk.key();
        let Some(Arrived::Plain(flat)) = self.arrived.remove(&key.name) else {
            return param; // never: `into_module` has looked for every key
        };
        let values = flat.reshape(param.lazy_shape());
        Param::initialized(param.id, values)
    }
}

//! A step of Adam. Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015),
//! <https://arxiv.org/abs/1412.6980>, algorithm 1, with PyTorch's order of operations.

mod cpu;
#[cfg(gpu)]
mod gpu;

use burn::tensor::Tensor;

/// The numbers of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// How far a parameter goes when its gradient is always the same.
    pub learning_rate: f64,
    /// How much of the moments stays: of the gradients' mean, and of their squares'.
    pub betas: [f64; 2],
    /// Added to the root of the squares' mean.
    pub epsilon: f64,
    /// The number of this step, from 1.
    pub number: u64,
}

impl AdamStep {
    /// The moments begin at zero, so that they are too small at first: by this factor, each.
    #[allow(clippy::cast_precision_loss)] // after so many steps it is 1
    fn bias_corrections(&self) -> [f64; 2] {
        self.betas.map(|beta| 1.0 - beta.powf(self.number as f64))
    }

    /// What the kernels multiply with, in this order: `β₁`, `1 − β₁`, `β₂`, `1 − β₂`, the step's length, the factor of the squares'
    /// root, and epsilon.
    #[allow(clippy::cast_possible_truncation)] // f32 is what parameters are in
    fn numbers(&self) -> [f32; 7] {
        let ([first, second], [of_first, of_second]) = (self.betas, self.bias_corrections());
        let (length, root) = (self.learning_rate / of_first, of_second.sqrt().recip());
        [first, 1.0 - first, second, 1.0 - second, length, root, self.epsilon].map(|number| number as f32)
    }
}

/// Moves parameters by a step, and their moments: the means of the gradients and of their squares. All have one shape; on a GPU
/// the parameters and moments are changed where they are.
///
/// # Panics
/// When the shapes differ.
pub fn adam(value: &mut Tensor<2>, gradient: &Tensor<2>, moments: &mut [Tensor<2>; 2], step: &AdamStep) {
    let shape = value.dims();
    let fits = gradient.dims() == shape && moments.iter().all(|moment| moment.dims() == shape);
    assert!(fits, "adam: the shapes differ");
    #[cfg(gpu)]
    if gpu::adam(value, gradient, moments, step).is_some() {
        return;
    }
    cpu::adam(value, gradient, moments, step);
}

/// The same as [`adam`] in Burn's own operations.
pub fn adam_twin(value: &mut Tensor<2>, gradient: &Tensor<2>, moments: &mut [Tensor<2>; 2], step: &AdamStep) {
    let [keep_first, take_first, keep_second, take_second, length, root, epsilon] = step.numbers();
    let [first, second] = moments;
    *first = first.clone() * keep_first + gradient.clone() * take_first;
    *second = second.clone() * keep_second + gradient.clone() * gradient.clone() * take_second;
    *value = value.clone() - first.clone() * length / (second.clone().sqrt() * root + epsilon);
}

//! A perceptron of [`Gan`](crate::gan::model::Gan) that learns: forward as it ships, and backward by the chain rule.
//!
//! ```text
//! forward    y = activation(x · W + b)
//! backward   z' = y' ⊙ activation'(y)     what the loss changes by, for each sum x · W + b
//!            W' = xᵀ · z'    b' = Σ z'    for the parameters, summed over the batch
//!            x' = z' · Wᵀ                 for the layer before
//! ```
//!
//! Burn's autodiff would do the same, but with Burn's own products, which take several times as long, and with each of its
//! operations in the wasm a second time. The tests compare it with PyTorch.

use burn::tensor::{Device, Tensor, TensorData};

use crate::kernels::{Activation, LinearCall, Weight, activation_gradient, copy, linear, matmul};
use crate::rng::{Purpose, Rng};

/// What a network learns, with the moments of its gradients.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// PyTorch's name for it, such as `main.2.weight`.
    pub name: String,
    /// A weight is `[inputs, outputs]`, a bias `[1, outputs]`, an embedding `[classes, size]`.
    pub value: Tensor<2>,
    /// The means of the gradients and of their squares, for Adam.
    pub moments: [Tensor<2>; 2],
}

impl Parameter {
    fn new(name: String, value: Tensor<2>) -> Self {
        let zeros = || Tensor::zeros(value.dims(), &value.device());
        Self { name, moments: [zeros(), zeros()], value }
    }

    /// The same in memory of its own, which no step changes.
    fn kept(&self) -> Self {
        Self { name: self.name.clone(), value: copy(&self.value), moments: self.moments.each_ref().map(copy) }
    }
}

/// A perceptron, with a class embedding if the model has classes.
#[derive(Debug, Clone)]
pub struct Network {
    /// The embedding, if there is one; then each layer's weight and bias.
    pub parameters: Vec<Parameter>,
    has_classes: bool,
    hidden: Activation,
    output: Activation,
}

/// What a pass forward leaves for the way back.
#[derive(Debug, Clone)]
pub struct Pass {
    /// The first layer's input, and what came out of each layer.
    values: Vec<Tensor<2>>,
    class_weights: Option<Tensor<2>>,
}

impl Pass {
    /// What the network gave.
    pub fn output(&self) -> Tensor<2> {
        self.values[self.values.len() - 1].clone()
    }
}

impl Network {
    /// Layers through `sizes`, the first of which has room for the class's embedding, `[classes, size]`. As PyTorch makes them:
    /// weights and biases uniform within ±1/√inputs, embeddings normal.
    pub fn random(
        sizes: &[usize],
        classes: Option<[usize; 2]>,
        [hidden, output]: [Activation; 2],
        (seed, network): (u64, usize),
        device: &Device,
    ) -> Self {
        let mut rng = Rng::of_row(seed, Purpose::Parameters, network);
        let mut parameters = Vec::new();
        let mut add = |name: String, shape: [usize; 2], draw: &mut dyn FnMut(&mut Rng) -> f32| {
            let values = (0..shape[0] * shape[1]).map(|_| draw(&mut rng)).collect();
            parameters.push(Parameter::new(
                name,
                Tensor::from_data(TensorData::new::<f32, _>(values, shape), device),
            ));
        };
        if let Some(shape) = classes {
            add("class_embedding.weight".to_owned(), shape, &mut Rng::normal);
        }
        for (layer, pair) in sizes.windows(2).enumerate() {
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // sizes are small
            let mut uniform = |rng: &mut Rng| ((2.0 * rng.uniform() - 1.0) / (pair[0] as f64).sqrt()) as f32;
            // The activations have the odd indices of PyTorch's `nn.Sequential`.
            add(format!("main.{}.weight", 2 * layer), [pair[0], pair[1]], &mut uniform);
            add(format!("main.{}.bias", 2 * layer), [1, pair[1]], &mut uniform);
        }
        Self { parameters, has_classes: classes.is_some(), hidden, output }
    }

    /// All parameters and moments in memory of their own.
    pub fn kept(&self) -> Self {
        Self { parameters: self.parameters.iter().map(Parameter::kept).collect(), ..self.clone() }
    }

    /// The class embedding, if there is one, and the pairs of weight and bias.
    fn parts(&self) -> (Option<&Parameter>, &[[Parameter; 2]]) {
        let (embedding, layers) = self.parameters.split_at(usize::from(self.has_classes));
        (embedding.first(), layers.as_chunks().0)
    }

    /// The activation after a layer.
    fn activation(&self, layer: usize) -> Activation {
        if layer + 1 < self.parts().1.len() { self.hidden } else { self.output }
    }

    /// `x [batch, inputs]` and `class_weights [batch, classes]` through all layers.
    pub fn forward(&self, x: Tensor<2>, class_weights: Option<&Tensor<2>>) -> Pass {
        let (embedding, layers) = self.parts();
        let classes = embedding.zip(class_weights);
        let input = match classes {
            Some((table, weights)) => Tensor::cat(vec![x, matmul(weights, table.value.clone())], 1),
            None => x,
        };
        let mut values = vec![input];
        for (layer, [weight, bias]) in layers.iter().enumerate() {
            let [_, outputs] = bias.value.dims();
            let call = LinearCall {
                norm: None,
                weight: &Weight::from_tensor(weight.value.clone()),
                bias: Some(bias.value.clone().reshape([outputs])),
                activation: self.activation(layer),
                residual: None,
            };
            values.push(linear(&values[layer], &call));
        }
        Pass { values, class_weights: classes.map(|(_, weights)| weights.clone()) }
    }

    /// The gradients of a loss by all parameters, in their order, and by `x`, from that by the output.
    pub fn backward(&self, pass: &Pass, by_output: Tensor<2>) -> (Vec<Tensor<2>>, Tensor<2>) {
        let [batch, _] = by_output.dims();
        let ones = Tensor::ones([1, batch], &by_output.device());
        let mut gradients = Vec::new();
        let by_input = self.each_layer_back(pass, by_output, |layer, by_sum| {
            gradients.push(matmul(&ones, by_sum.clone()));
            gradients.push(matmul(&pass.values[layer].clone().transpose(), by_sum.clone()));
        });
        let (by_x, by_class) = self.split(pass, by_input);
        if let Some((weights, by_class)) = pass.class_weights.as_ref().zip(by_class) {
            gradients.push(matmul(&weights.clone().transpose(), by_class));
        }
        gradients.reverse();
        (gradients, by_x)
    }

    /// The gradient of a loss by `x` alone, from that by the output.
    pub fn backward_to_input(&self, pass: &Pass, by_output: Tensor<2>) -> Tensor<2> {
        let by_input = self.each_layer_back(pass, by_output, |_, _| {});
        self.split(pass, by_input).0
    }

    /// Goes from the last layer to the first; `at` gets each one's number and the gradient by its sums.
    fn each_layer_back(
        &self,
        pass: &Pass,
        by_output: Tensor<2>,
        mut at: impl FnMut(usize, &Tensor<2>),
    ) -> Tensor<2> {
        let (_, layers) = self.parts();
        layers.iter().enumerate().rev().fold(by_output, |by_output, (layer, [weight, _])| {
            let by_sum = activation_gradient(&pass.values[layer + 1], by_output, self.activation(layer));
            at(layer, &by_sum);
            product(&by_sum, &Weight::from_tensor(weight.value.clone()).transposed())
        })
    }

    /// The part of the gradient that `x` has, and the class embedding's.
    fn split(&self, pass: &Pass, by_input: Tensor<2>) -> (Tensor<2>, Option<Tensor<2>>) {
        let [_, inputs] = by_input.dims();
        match (self.parts().0, &pass.class_weights) {
            (Some(table), Some(_)) => {
                let size = table.value.dims()[1];
                let by_x = by_input.clone().narrow(1, 0, inputs - size);
                (by_x, Some(by_input.narrow(1, inputs - size, size)))
            }
            _ => (by_input, None),
        }
    }
}

fn product(x: &Tensor<2>, weight: &Weight) -> Tensor<2> {
    linear(
        x,
        &LinearCall { norm: None, weight, bias: None, activation: Activation::Identity, residual: None },
    )
}

//! GPT-2: one row after the other, whose weights are read for each.

use std::fs::read;
use std::hint::black_box;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use burn::tensor::{Tensor, Transaction};
use hearth::gpt2::{Cache, Config, LanguageModel, Loading};
use hearth::kernels::{
    self, Activation, Format, Indices, LayerNormCall, Layout, LinearCall, Recording, Weight,
};
use hearth::readback;
use hearth::weights::{Checkpoint, Storage};
use pollster::block_on;

use crate::files::{feed, feed_random};
use crate::{Gpu, median, us, warm_up};

const CONTEXT: usize = 64;
const GPT2: &str = r#"{"model_type": "gpt2", "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12,
    "n_head": 12, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}"#;

impl Gpu {
    /// Its kernels, a token of its smallest shape in each format, and one of the shipped model.
    pub fn texts(&self) {
        self.parts();
        for format in [Format::F32, Format::F16, Format::Q8] {
            let storage = Storage { format: Some(format), ..self.storage };
            self.writes("124M", &self.language_model(GPT2, storage, feed_random));
        }
        let stories = Path::new("models").join("gpt2-stories");
        let config = read(stories.join("config.json")).expect("the model ships");
        let config = String::from_utf8(config).expect("it is text");
        let file = |checkpoint: &mut Checkpoint| feed(checkpoint, &stories.join("model.safetensors"));
        self.writes("gpt2-stories", &self.language_model(&config, self.storage, file));
    }

    /// One kernel after the other, as a token of GPT-2 launches them.
    fn parts(&self) {
        const TIMES: u32 = 100;
        let each = |outputs: usize, work: &(dyn Fn() -> Tensor<2> + Sync)| {
            let all = || (1..TIMES).fold(work(), |_, _| work());
            let (_, recording) = Recording::of([1, outputs], &self.device, all);
            let recording = recording.expect("a GPU records");
            // SAFETY: all that `work` reads is there until this returns.
            let replay = || unsafe { recording.replay() };
            warm_up(|| _ = black_box(replay().into_data()));
            median(9, || self.busy(|| _ = replay())) / TIMES
        };
        let (x, gamma) = (self.random([1, 768]), self.random([768]));
        let norm = LayerNormCall { gamma: &gamma, beta: &gamma, epsilon: 1e-5 };
        println!("layer_norm of 768: {} µs", us(each(768, &|| kernels::layer_norm(&x, norm))));
        for position in [64, 256, 1000] {
            let qkv = self.random([1, 3 * 768]);
            let cache = Mutex::new(kernels::KeyValues::new(1, 12, 1024, 64, &self.device));
            let positions = Indices::new(vec![position], &self.device);
            let call = kernels::AttentionCall { positions: &positions, scale: 0.125 };
            let time =
                each(768, &|| kernels::attention(&qkv, &mut cache.lock().expect("nobody panicked"), call));
            println!("attention to {position} tokens: {} µs", us(time));
        }
        for (layout, inputs, outputs, norm) in [
            (Layout::InOut, 768, 768, None),
            (Layout::InOut, 768, 2304, None),
            (Layout::InOut, 768, 2304, Some(norm)),
            (Layout::InOut, 768, 3072, Some(norm)),
            (Layout::InOut, 3072, 768, None),
            (Layout::OutIn, 768, 50257, None),
        ] {
            for format in [Format::F32, Format::F16, Format::Q8] {
                let shape = if layout == Layout::InOut { [inputs, outputs] } else { [outputs, inputs] };
                let values: Vec<f32> =
                    (0..inputs * outputs).map(|i| ((i * 7919) % 1000) as f32 / 1e4).collect();
                let weight = Weight::new(values, shape, layout, format, &self.device);
                let (x, bias) = (self.random([1, inputs]), self.random([outputs]));
                let call = LinearCall {
                    norm,
                    weight: &weight,
                    bias: Some(bias),
                    residual: None,
                    activation: Activation::Identity,
                };
                let bytes = format.byte_len(shape) as f64;
                let time = each(outputs, &|| kernels::linear(&x, &call));
                let least = bytes / self.bandwidth * 1e6;
                println!(
                    "linear {inputs} to {outputs}{}, {}: {} µs, at least {least:.1}",
                    norm.map_or("", |_| " after a norm"),
                    format.name(),
                    us(time)
                );
            }
        }
    }

    /// With the weights that `fill` reads or makes, and how many weights a token goes through.
    fn language_model(
        &self,
        config: &str,
        storage: Storage,
        fill: impl FnOnce(&mut Checkpoint),
    ) -> (LanguageModel, usize) {
        let mut loading = Loading::new(config, storage, &self.device).expect("the configuration is sound");
        let weights = loading.checkpoint.wanted().filter(|(name, _)| *name != "wpe.weight");
        let weights = weights.map(|(_, shape)| shape.iter().product::<usize>()).sum();
        fill(&mut loading.checkpoint);
        (loading.finish().expect("all weights have come"), weights)
    }

    /// Greedily after a prompt of `CONTEXT` tokens, each token read back before the next.
    fn writes(&self, name: &str, (model, weights): &(LanguageModel, usize)) {
        const TOKENS: u32 = 64;
        let Config { n_layer, .. } = *model.config();
        let prompt: Vec<u32> = (1..=CONTEXT as u32).collect();
        // Two tokens on, when the launches of those that follow are known.
        let start = || {
            let mut cache = model.cache(1, model.config().n_positions).expect("it fits");
            let first = next(model, prompt.clone(), &mut cache);
            let second = next(model, vec![first], &mut cache);
            (next(model, vec![second], &mut cache), cache)
        };
        let write = || {
            let (mut last, mut cache) = start();
            let started = Instant::now();
            for _ in 0..TOKENS {
                last = next(model, vec![last], &mut cache);
            }
            started.elapsed() / TOKENS
        };
        warm_up(|| _ = write());
        let token = median(5, write);
        let busy = median(5, || {
            let (last, mut cache) = start();
            self.busy(|| {
                for _ in 0..TOKENS {
                    black_box(model.next_logits(&[vec![last]], &mut cache).expect("it fits"));
                }
            })
        }) / TOKENS;
        // Two for the embeddings, the last layer norm and the head, and five a block.
        let dispatches = 4 + 5 * n_layer as u32;
        let bytes = weights
            * match model.dtype() {
                "f32" => 4,
                "f16" => 2,
                _ => 1,
            };
        let (of_weights, of_dispatches) =
            (Duration::from_secs_f64(bytes as f64 / self.bandwidth), dispatches * self.dispatch);
        let least = of_weights.max(of_dispatches);
        println!(
            "{name}, {}: {} µs a token, {} of it on the GPU; the least is {} (weights {}, {dispatches} dispatches {}): {:.2}×",
            model.dtype(),
            us(token),
            us(busy),
            us(least),
            us(of_weights),
            us(of_dispatches),
            busy.as_secs_f64() / least.as_secs_f64(),
        );
        let long: Vec<u32> = (1..=256).collect();
        let read = median(3, || {
            let mut cache = model.cache(1, model.config().n_positions).expect("it fits");
            let started = Instant::now();
            for part in long.chunks(64) {
                next(model, part.to_vec(), &mut cache);
            }
            started.elapsed()
        });
        println!("    a prompt of 256: {} µs", us(read));
    }
}

/// The likeliest token after these.
fn next(model: &LanguageModel, token_ids: Vec<u32>, cache: &mut Cache) -> u32 {
    let logits = model.next_logits(&[token_ids], cache).expect("it fits");
    let scores =
        block_on(readback::read(Transaction::default().register(logits))).expect("they are finite").concat();
    let (token, _) = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("there are tokens");
    token as u32
}

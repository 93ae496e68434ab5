//! What a real GPU takes, natively through wgpu, beside the least that it could take: `benches/README.md` has the figures.
//!
//! ```sh
//! cargo bench --features wgpu --bench gpu                        # all of it
//! cargo bench --features wgpu --bench gpu -- stable-diffusion    # a part: texts, digits, stable-diffusion
//! ```

// Of sizes and counts that are far from the limits.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod digits;
mod files;
mod gpt2;
mod machine;
mod sd_kernels;
mod stable_diffusion;

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};

use burn::backend::Wgpu;
use burn::tensor::{Device, Distribution, Tensor};
use hearth::kernels::{self, LayerNormCall};
use hearth::weights::Storage;
use pollster::block_on;

type Part = (&'static str, fn(&Gpu));
const PARTS: [Part; 3] =
    [("texts", Gpu::texts), ("digits", Gpu::digits), ("stable-diffusion", Gpu::stable_diffusion)];

fn main() {
    let begun = Instant::now();
    // Cargo passes flags of its own.
    let named: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for name in &named {
        assert!(PARTS.iter().any(|(part, _)| part == name), "there is no part {name}");
    }
    let gpu = Gpu::open();
    for (name, measure) in PARTS {
        if named.is_empty() || named.iter().any(|part| part == name) {
            println!("\n{name}");
            measure(&gpu);
        }
    }
    println!("\n{:.0} s in all", begun.elapsed().as_secs_f64());
}

fn us(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}

/// The median of some runs.
fn median(runs: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..runs).map(|_| run()).collect();
    times.sort_unstable();
    times[runs / 2]
}

/// A GPU that has had nothing to do slows down, to a fifth of its speed and for a while.
fn warm_up(mut work: impl FnMut()) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(200) {
        work();
    }
}

/// A GPU, and what it can do.
struct Gpu {
    device: Device,
    storage: Storage,
    /// Bytes a second, counted as they are read and as they are written.
    bandwidth: f64,
    /// Operations in `f32` a second, two for each multiplication and addition.
    peak: f64,
    /// An empty one.
    dispatch: Duration,
}

impl Gpu {
    /// Opens one and measures it.
    fn open() -> Self {
        let (device, setup) = Device::wgpu_options().init_with_setup().expect("there is a GPU");
        let info = setup.adapter.get_info();
        println!("{} ({:?}, {})", info.name, info.backend, info.driver_info);
        let limits = setup.device.limits();
        let max_binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let gpu = Self {
            bandwidth: machine::copy_bandwidth(&setup.device, &setup.queue),
            peak: machine::peak(&setup.device, &setup.queue),
            dispatch: machine::empty_dispatch(&setup.device, &setup.queue),
            storage: Storage::gpu(max_binding),
            device,
        };
        println!(
            "a copy: {:.0} GB/s, read and written; f32: {:.1} TFLOP/s; an empty dispatch: {} µs",
            gpu.bandwidth / 1e9,
            gpu.peak / 1e12,
            us(gpu.dispatch)
        );
        println!("a launch through Burn: {} µs", us(gpu.launch()));
        gpu
    }

    /// What `work` takes on the GPU itself.
    fn busy(&self, work: impl FnOnce()) -> Duration {
        let client =
            Tensor::<1>::zeros([1], &self.device).try_into_primitive::<Wgpu>().expect("a GPU's").client;
        let window = client.profile_start().expect("it can be measured");
        work();
        let time = client.profile_end(window).expect("it was measured");
        block_on(time.resolve()).expect("it has a measure").duration()
    }

    fn random<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        Tensor::random(shape, Distribution::Normal(0.0, 0.1), &self.device)
    }

    /// Until the last of `count` small kernels is done, for each.
    fn launch(&self) -> Duration {
        const COUNT: u32 = 2000;
        let (x, gamma) = (self.random([1, 64]), self.random([64]));
        let norm = LayerNormCall { gamma: &gamma, beta: &gamma, epsilon: 1e-5 };
        let time = median(3, || {
            let started = Instant::now();
            let mut last = x.clone();
            for _ in 0..COUNT {
                last = kernels::layer_norm(&last, norm);
            }
            black_box(last.into_data());
            started.elapsed()
        });
        time / COUNT
    }
}

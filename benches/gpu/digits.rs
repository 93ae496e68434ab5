//! Pictures of one row of few pixels: the shipped digits.

use std::fs::read;
use std::path::Path;
use std::time::Instant;

use hearth::diffusion;
use hearth::options::Options;
use pollster::block_on;
use serde_json::json;

use crate::files::feed;
use crate::{Gpu, median, us};

impl Gpu {
    /// A digit in 25 steps, with a look at each too, and 16 at once.
    pub fn digits(&self) {
        let folder = Path::new("models").join("ddpm-mnist");
        let text = |file: &str| {
            String::from_utf8(read(folder.join(file)).expect("the model ships")).expect("it is text")
        };
        let files = ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"];
        let files = files.map(|file| (file.to_owned(), text(file))).into();
        let mut loading =
            diffusion::Loading::new(&files, self.storage, &self.device).expect("the configuration is sound");
        let unet = loading.checkpoint("unet").expect("there is one");
        feed(unet, &folder.join("unet/diffusion_pytorch_model.safetensors"));
        let pipeline = loading.finish().expect("all weights have come");
        let draw = |options: Options| {
            let options = options.with("num_inference_steps", json!(25));
            let mut run = pipeline.start(options, 1).expect("the options are sound");
            while block_on(run.step()).expect("it goes on").is_some() {}
        };
        for (name, options) in [
            ("one", Options::new()),
            ("one with previews", Options::new().with("preview", json!("sample"))),
            ("16", Options::new().with("batch_size", json!(16))),
        ] {
            draw(options.clone());
            let time = median(5, || {
                let started = Instant::now();
                draw(options.clone());
                started.elapsed()
            });
            println!("ddpm-mnist, {name} in 25 steps: {} µs", us(time));
        }
        println!("    {} µs of one on the GPU", us(self.busy(|| draw(Options::new()))));
    }
}

//! An option is written once in Rust, where it is taken, and once in `www/types.d.ts`. Here both are compared, for every
//! call of every pipeline; `tests/node/words.test.js` compares the types with documents and panels.

use std::collections::BTreeSet;
use std::fmt::Debug;

use burn::tensor::Device;
use hearth::diffusion::Source;
use hearth::error::{Error, Result};
use hearth::options::Options;
use hearth::weights::Storage;
use pollster::block_on;
use serde_json::json;

use crate::common::diffusion::CLASSES;
use crate::common::digits::DIGIT_VAES;
use crate::common::{GANS, text_to_image, writer};

const TYPES: &str = include_str!("../../www/types.d.ts");

/// What the page itself does: it stops calls, and fits pictures to the model's size.
const ON_THE_PAGE: [&str; 3] = ["signal", "fit", "background"];

/// The options that a call's error names when it is given an unknown one.
fn offered<T: Debug>(call: impl Fn(Options) -> Result<T>) -> BTreeSet<String> {
    match call(Options::new().with("no_option", json!(1))) {
        Err(Error::InvalidOption(message)) => {
            let names = message.strip_prefix("there is no option no_option; this pipeline takes ");
            names.expect("it says what there is").split(", ").map(str::to_owned).collect()
        }
        other => panic!("expected invalid-option, got {other:?}"),
    }
}

/// The properties of an interface and of those that it extends, but for what the page does.
fn declared(interface: &str) -> BTreeSet<String> {
    let (_, after) = TYPES.split_once(&format!("interface {interface} ")).expect("it is declared");
    let (head, after) = after.split_once("{\n").expect("it has a body");
    let (body, _) = after.split_once("\n}").expect("it ends");
    let bases = head.trim().strip_prefix("extends ").unwrap_or_default().split(", ");
    let own = body.lines().filter_map(|line| Some(line.strip_prefix("  ")?.split_once("?: ")?.0.to_owned()));
    let inherited = bases.filter(|base| !base.is_empty()).flat_map(declared);
    own.chain(inherited).filter(|name| !ON_THE_PAGE.contains(&name.as_str())).collect()
}

#[test]
fn the_options_of_a_gan_are_those_of_its_types() {
    let pipeline = GANS[0].load(&Device::flex(), 4096).expect("the fixture loads");
    assert_eq!(offered(|options| pipeline.start(options, 0)), declared("GanOptions"));
}

#[test]
fn the_options_of_a_map_are_those_of_its_types() {
    let pipeline = DIGIT_VAES[0].load_digits(&Device::flex(), 4096).expect("the fixture loads");
    assert_eq!(offered(|options| pipeline.start(options, 0)), declared("VaeOptions"));
}

#[test]
fn the_options_of_a_text_are_those_of_its_types() {
    let pipeline = writer(&Device::flex());
    assert_eq!(offered(|options| pipeline.start("Once", options, 0)), declared("WriteOptions"));
    let attention = |options| block_on(pipeline.attention("Once", options));
    assert_eq!(offered(attention), declared("AttentionOptions"));
}

#[test]
fn the_options_of_a_diffusion_model_are_those_of_its_types() {
    let pipeline = CLASSES.load(Storage::CPU, &Device::flex()).expect("the fixture loads");
    assert_eq!(offered(|options| pipeline.start(options, 0)), declared("DiffusionOptions"));
    let picture = CLASSES.expected().picture;
    let source = Source { picture: &picture, ..Source::default() };
    assert_eq!(offered(|options| pipeline.start_from(source, options, 0)), declared("ImageToImageOptions"));
    let t = |options: Options| block_on(pipeline.add_noise(&picture, options.with("t", json!(0.5)), 0));
    assert_eq!(offered(t), declared("NoiseOptions"));
}

#[test]
fn the_options_of_a_model_with_prompts_are_those_of_its_types() {
    let pipeline = text_to_image::sd1().load(Storage::CPU, &Device::flex()).expect("the fixture loads");
    let with_prompt = |options: Options| options.with("prompt", json!("a boat"));
    // The one that must be there is no optional property.
    let declared = |interface: &str| {
        let mut names = declared(interface);
        names.insert("prompt".to_owned());
        names
    };
    assert_eq!(offered(|options| pipeline.start(with_prompt(options), 0)), declared("TextToImageOptions"));
    let [height, width] = pipeline.picture_size();
    let picture = vec![100; 4 * height * width];
    let source = Source { picture: &picture, ..Source::default() };
    let edit = |options| pipeline.start_from(source, with_prompt(options), 0);
    assert_eq!(offered(edit), declared("TextGuidedImageToImageOptions"));
}

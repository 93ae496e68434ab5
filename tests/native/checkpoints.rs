//! Checkpoints as people have them: other names, other heads, and what is missing is said at the header.

use std::collections::BTreeMap;

use burn::tensor::Device;
use hearth::error::Result;
use hearth::gpt2::LanguageModel;
use hearth::weights::{Checkpoint, Reader, Storage};
use hearth::{diffusion::unet, gan, gpt2};
use pollster::block_on;
use serde_json::{Map, Value, json};

use crate::common::unet::UNETS;
use crate::common::{ExpectedLogits, Fixture, GANS, GPT2S, assert_close, read};

/// A file's tensors: what the header says of each, and its bytes.
type Tensors = BTreeMap<String, (Value, Vec<u8>)>;

fn fixture(name: &str) -> &'static Fixture {
    GPT2S.iter().chain(&GANS).chain(&UNETS).find(|fixture| fixture.name == name).expect("the fixture exists")
}

fn header_len(file: &[u8]) -> usize {
    8 + usize::try_from(u64::from_le_bytes(file[..8].try_into().unwrap())).unwrap()
}

/// All tensors of a fixture.
fn tensors(fixture: &Fixture) -> Tensors {
    let of_file = |file: &[u8]| {
        let data = &file[header_len(file)..];
        let header: Map<String, Value> = serde_json::from_slice(&file[8..header_len(file)]).unwrap();
        let tensors = header.into_iter().filter(|(name, _)| name != "__metadata__").map(|(name, info)| {
            let [begin, end] =
                [0, 1].map(|side| usize::try_from(info["data_offsets"][side].as_u64().unwrap()).unwrap());
            (name, (info, data[begin..end].to_vec()))
        });
        tensors.collect::<Vec<_>>()
    };
    fixture.files.iter().flat_map(|(_, file)| of_file(file)).collect()
}

/// A file of these tensors, in the order of their names.
fn file(tensors: &Tensors) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    for (name, (info, bytes)) in tensors {
        let mut info = info.clone();
        info["data_offsets"] = json!([data.len(), data.len() + bytes.len()]);
        header.insert(name.clone(), info);
        data.extend(bytes);
    }
    let header = Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

fn renamed(tensors: Tensors, name: impl Fn(&str) -> String) -> Tensors {
    tensors.into_iter().map(|(old, tensor)| (name(&old), tensor)).collect()
}

fn add(tensors: &mut Tensors, name: &str, dtype: &str, shape: &[usize], bytes: usize) {
    let info = json!({ "dtype": dtype, "shape": shape });
    tensors.insert(name.to_owned(), (info, vec![1; shape.iter().product::<usize>() * bytes]));
}

fn push(checkpoint: &mut Checkpoint, file: &[u8]) -> Result<()> {
    let mut reader = Reader::new(None);
    reader.push(file, checkpoint)?;
    reader.finish()
}

fn gpt2_of(config: &str, files: &[Vec<u8>]) -> Result<LanguageModel> {
    let mut loading = gpt2::Loading::new(config, Storage::CPU, &Device::flex())?;
    if files.len() > 1 {
        let names: Vec<String> = files.iter().flat_map(|file| names(file)).collect();
        loading.checkpoint.expect_all(names.iter().map(String::as_str))?;
    }
    for file in files {
        push(&mut loading.checkpoint, file)?;
    }
    loading.finish()
}

fn names(file: &[u8]) -> Vec<String> {
    let header: Map<String, Value> = serde_json::from_slice(&file[8..header_len(file)]).unwrap();
    header.into_iter().map(|(name, _)| name).collect()
}

/// What a model says after the fixture's tokens.
fn logits(model: &LanguageModel, token_ids: &[Vec<u32>]) -> Vec<f32> {
    let mut cache = model.cache(token_ids.len(), token_ids[0].len()).unwrap();
    block_on(read(model.logits(token_ids, &mut cache).unwrap()))
}

fn assert_is(fixture: &Fixture, model: &LanguageModel, what: &str) {
    let expected: ExpectedLogits = fixture.expected_logits();
    assert_close(fixture.name, what, &logits(model, &expected.token_ids), &expected.logits, 1e-5);
}

fn message(result: Result<impl Sized>, code: &str) -> String {
    let error = result.err().expect("it is refused");
    assert_eq!(error.code(), code, "{error}");
    error.message().to_owned()
}

#[test]
fn what_is_not_of_the_network_is_passed_over_and_named() {
    let plain = fixture("gpt2/plain");
    let heads = [
        "classifier.bias",
        "lm_head.bias",
        "multiple_choice_head.summary.weight",
        "qa_outputs.weight",
        "score.weight",
        "summary.weight",
        "v_head.summary.bias",
        "v_head.summary.weight",
    ];
    for (dtype, bytes) in [("F32", 4), ("BF16", 2), ("I64", 8), ("BOOL", 1)] {
        let mut tensors = tensors(plain);
        for name in heads {
            add(&mut tensors, name, dtype, &[2, 12], bytes);
        }
        let model = gpt2_of(plain.config, &[file(&tensors)]).unwrap();
        assert_is(plain, &model, dtype);
        let [warning] = model.warnings() else { panic!("{:?}", model.warnings()) };
        assert!(warning.starts_with("model.safetensors: "), "{warning}");
        assert!(heads.iter().all(|name| warning.contains(&format!("{name:?}"))), "{warning}");
    }
}

#[test]
fn weights_of_64_bits_load_and_whole_numbers_are_refused_at_the_header() {
    let plain = fixture("gpt2/plain");
    let stored_as = |dtype: &str, of_f32: fn(f32) -> [u8; 8]| {
        let mut tensors = tensors(plain);
        for (info, bytes) in tensors.values_mut() {
            info["dtype"] = json!(dtype);
            *bytes =
                bytes.chunks(4).flat_map(|x| of_f32(f32::from_le_bytes(x.try_into().unwrap()))).collect();
        }
        file(&tensors)
    };
    let double = stored_as("F64", |value| f64::from(value).to_le_bytes());
    assert_is(plain, &gpt2_of(plain.config, &[double]).unwrap(), "F64");
    let whole = stored_as("I64", |_| [0; 8]);
    let refused = message(header_alone("gpt2/plain", &whole), "weights-mismatch");
    assert!(refused.contains("I64") && refused.contains("F64, F32, F16 and BF16"), "{refused}");
}

#[test]
fn masks_are_passed_over_in_silence() {
    for (name, prefix) in [("gpt2/plain", "transformer."), ("gpt2/bare", "")] {
        let mut tensors = tensors(fixture(name));
        add(&mut tensors, &format!("{prefix}h.0.attn.bias"), "BOOL", &[1, 1, 24, 24], 1);
        add(&mut tensors, &format!("{prefix}h.1.attn.masked_bias"), "F32", &[], 4);
        let model = gpt2_of(fixture(name).config, &[file(&tensors)]).unwrap();
        assert_is(fixture(name), &model, "masks");
        assert!(model.warnings().is_empty(), "{:?}", model.warnings());
    }
}

#[test]
fn what_looks_like_the_network_and_has_no_place_in_it_is_refused() {
    let cases = [
        ("gpt2/plain", "transformer.h.99.ln_1.weight"),
        ("gpt2/plain", "h.99.ln_1.weight"),
        ("gpt2/plain", "transformer.wte.bias"),
        ("gpt2/plain", "transformer.h.0.attn.c_attn.lora_A.weight"),
        ("gpt2/plain", "transformer.h.0.crossattention.c_attn.weight"),
        ("gan/conditional", "generator.main.99.weight"),
        ("diffusion/unet/plain", "down_blocks.9.resnets.0.conv1.weight"),
        ("diffusion/unet/plain", "class_embedding.weight"),
    ];
    for (name, tensor) in cases {
        let mut tensors = tensors(fixture(name));
        add(&mut tensors, tensor, "F32", &[12], 4);
        let refused = message(header_alone(name, &file(&tensors)), "weights-mismatch");
        assert!(refused.contains(tensor) && refused.contains("no place"), "{refused}");
    }
}

/// Pushes the header of a file, and not a byte of a tensor, into the network of a fixture.
fn header_alone(name: &str, file: &[u8]) -> Result<()> {
    let (config, device) = (fixture(name).config, Device::flex());
    let push = |checkpoint: &mut Checkpoint| Reader::new(None).push(&file[..header_len(file)], checkpoint);
    match name.split('/').next() {
        Some("gpt2") => push(&mut gpt2::Loading::new(config, Storage::CPU, &device)?.checkpoint),
        Some("gan") => push(&mut gan::Loading::new(config, &device)?.checkpoint),
        _ => push(&mut unet::Loading::new(config, Storage::CPU, &device)?.checkpoint),
    }
}

#[test]
fn what_a_single_file_lacks_is_said_at_its_header() {
    let cases = [
        ("gpt2/plain", "transformer.ln_f.bias"),
        ("gpt2/bare", "wpe.weight"),
        ("gpt2/untied", "lm_head.weight"),
        ("gan/conditional", "discriminator.main.0.weight"),
        ("diffusion/unet/plain", "conv_out.bias"),
    ];
    for (name, tensor) in cases {
        let mut tensors = tensors(fixture(name));
        assert_eq!(header_alone(name, &file(&tensors)), Ok(()), "{name}");
        assert!(tensors.remove(tensor).is_some(), "{tensor}");
        let refused = message(header_alone(name, &file(&tensors)), "weights-mismatch");
        let wanted = tensor.trim_start_matches("transformer.");
        assert!(refused.contains(&format!("no tensor {wanted:?}")), "{refused}");
    }
}

#[test]
fn a_network_saved_inside_a_wrapper_is_refused_by_the_wrappers_name() {
    for name in ["gpt2/plain", "gpt2/bare", "gan/conditional", "diffusion/unet/plain"] {
        for wrapper in ["module", "model", "_orig_mod", "base_model.model"] {
            let tensors = renamed(tensors(fixture(name)), |name| format!("{wrapper}.{name}"));
            let refused = message(header_alone(name, &file(&tensors)), "weights-mismatch");
            assert!(refused.contains("wrapper") && refused.contains(&format!("\"{wrapper}.")), "{refused}");
        }
    }
}

#[test]
fn other_networks_pass_over_what_is_not_theirs_too() {
    let device = Device::flex();
    let fixture = |name: &str| {
        let mut tensors = tensors(fixture(name));
        (0..20).for_each(|n| add(&mut tensors, &format!("ema.{n:02}.weight"), "F64", &[3], 8));
        (fixture(name).config, file(&tensors))
    };
    let (config, file) = fixture("gan/conditional");
    let mut loading = gan::Loading::new(config, &device).unwrap();
    push(&mut loading.checkpoint, &file).unwrap();
    let pipeline = loading.finish().unwrap();
    assert!(pipeline.warnings()[0].ends_with("\"ema.07.weight\" and 12 more"), "{:?}", pipeline.warnings());

    let (config, file) = fixture("diffusion/unet/plain");
    let mut loading = unet::Loading::new(config, Storage::CPU, &device).unwrap();
    push(&mut loading.checkpoint, &file).unwrap();
    assert!(loading.checkpoint.warnings("unet")[0].starts_with("unet: "));
    loading.finish().unwrap();
}

const EMBEDDING: &str = "transformer.wte.weight";

#[test]
fn tied_tensors_load_from_either_name_or_from_both() {
    for name in ["gpt2/plain", "gpt2/half", "gpt2/bfloat", "gpt2/sharded", "gpt2/bare"] {
        let fixture = fixture(name);
        let mut tensors = tensors(fixture);
        tensors.remove("lm_head.weight"); // one of them has it too
        let embedding = if name == "gpt2/bare" { "wte.weight" } else { EMBEDDING };
        for head in ["lm_head.weight", "transformer.lm_head.weight"] {
            for keep in [false, true] {
                let mut tensors = tensors.clone();
                let tensor = tensors.remove(embedding).expect("it has an embedding");
                tensors.insert(head.to_owned(), tensor.clone());
                if keep {
                    tensors.insert(embedding.to_owned(), tensor);
                }
                let mut other = tensors.clone();
                let first = other.split_off("transformer.h.1").into_iter().collect();
                for files in [vec![file(&tensors)], vec![file(&first), file(&other)]] {
                    let what = format!("{head}, both: {keep}, files: {}", files.len());
                    let model =
                        gpt2_of(fixture.config, &files).unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_is(fixture, &model, &what);
                    assert!(model.warnings().is_empty(), "{:?}", model.warnings());
                }
            }
        }
    }
}

/// transformers' rule (`PreTrainedModel.tie_weights`): then they are not tied, whatever the config says.
#[test]
fn tied_tensors_that_differ_are_two() {
    let plain = fixture("gpt2/plain");
    let mut tensors = tensors(plain);
    let (info, bytes) = tensors[EMBEDDING].clone();
    let doubled =
        bytes.chunks(4).flat_map(|x| (2.0 * f32::from_le_bytes(x.try_into().unwrap())).to_le_bytes());
    tensors.insert("lm_head.weight".to_owned(), (info, doubled.collect()));
    let model = gpt2_of(plain.config, &[file(&tensors)]).unwrap();
    let ExpectedLogits { token_ids, logits: tied } = plain.expected_logits();
    let doubled: Vec<f32> = tied.iter().map(|logit| 2.0 * logit).collect();
    assert_close("plain", "logits of a doubled head", &logits(&model, &token_ids), &doubled, 1e-5);
    let [warning] = model.warnings() else { panic!("{:?}", model.warnings()) };
    assert!(warning.contains("lm_head.weight differs from wte.weight"), "{warning}");

    add(&mut tensors, "lm_head.weight", "F32", &[3, 12], 4);
    let refused = message(gpt2_of(plain.config, &[file(&tensors)]), "weights-mismatch");
    assert!(refused.contains("lm_head.weight") && refused.contains("[3, 12]"), "{refused}");
}

#[test]
fn a_warning_is_a_sentence_and_a_sound_folder_has_none() {
    let plain = fixture("gpt2/plain");
    let mut tensors = tensors(plain);
    add(&mut tensors, "score.weight", "F32", &[2, 12], 4);
    let with_score = gpt2_of(plain.config, &[file(&tensors)]).unwrap();
    assert_eq!(
        with_score.warnings(),
        [r#"model.safetensors: passed over what the network does without: "score.weight""#]
    );
    for Fixture { name, .. } in &GPT2S {
        let model = fixture(name).load_gpt2(&Device::flex(), 4096).unwrap();
        assert!(model.warnings().is_empty(), "{name}: {:?}", model.warnings());
    }
}

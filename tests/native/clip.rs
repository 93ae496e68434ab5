//! CLIP on the CPU: agreement with transformers, checkpoints, configurations and damaged vocabularies.

use burn::tensor::Device;
use hearth::clip::{Config, Loading, Tokenizer};
use hearth::error::{Error, Result};
use hearth::kernels::{Activation, Format};
use hearth::tokenizer::Files;
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::clip::{ExpectedTokenizer, MERGES, TEXT_ENCODERS, VOCAB, tokenizers, words_of};
use crate::common::{Fixture, assert_close, devices, read};
use crate::memory::most_bytes;

fn fixture(name: &str) -> &'static Fixture {
    TEXT_ENCODERS.iter().find(|fixture| fixture.name == format!("clip/{name}")).expect("the fixture exists")
}

fn config_of(name: &str) -> Value {
    serde_json::from_str(fixture(name).config).expect("the config is JSON")
}

fn refusal(config: &Value) -> Error {
    Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).expect_err("the config is refused")
}

fn folder(name: &str) -> ExpectedTokenizer {
    tokenizers().into_iter().find(|folder| folder.name == name).expect("the folder exists")
}

fn stable_diffusion() -> Tokenizer {
    Tokenizer::from_files(&folder("stable diffusion 1").files()).expect("the folder is sound")
}

/// The tokenizer of the vocabulary with these files beside it, or instead of its own.
fn with_files(files: &[(&str, &str)]) -> Result<Tokenizer> {
    let own = [("vocab.json", VOCAB), ("merges.txt", MERGES)];
    let all = own.iter().chain(files).map(|&(name, text)| (name.to_owned(), text.to_owned()));
    Tokenizer::from_files(&all.collect::<Files>())
}

fn with_config(config: &Value) -> Result<Tokenizer> {
    with_files(&[("tokenizer_config.json", &config.to_string())])
}

#[test]
fn every_prompt_becomes_the_tokens_and_words_of_transformers() {
    for folder in tokenizers() {
        folder.assert_agrees_with_transformers();
    }
}

#[test]
fn every_text_encoder_agrees_with_transformers_with_every_clip_skip() {
    for device in devices() {
        for fixture in &TEXT_ENCODERS {
            block_on(fixture.assert_embeds_as_transformers(&device, 1e-5));
        }
    }
}

#[test]
fn packed_weights_change_the_embeddings_a_little() {
    for fixture in &TEXT_ENCODERS {
        for (format, tolerance) in [(Format::F32, 1e-5), (Format::F16, 1e-2), (Format::Q8, 0.2)] {
            block_on(fixture.assert_embeds_with_packed_weights(format, &Device::flex(), tolerance));
        }
    }
}

#[test]
fn a_text_depends_neither_on_the_others_nor_on_what_follows() {
    let model = fixture("bare").load_text_encoder(Storage::CPU, &Device::flex(), 4096).unwrap();
    let expected = fixture("bare").expected_embeddings();
    let (all, width) = (&expected.embeddings[0], model.config().hidden_size);
    for (row, expected) in expected.token_ids.iter().zip(all.chunks(all.len() / expected.token_ids.len())) {
        let alone = block_on(read(model.encode(std::slice::from_ref(row), 0)));
        assert_close("bare", "embeddings of a row", &alone, expected, 1e-5);
        let begun = block_on(read(model.encode(&[row[..4].to_vec()], 0)));
        assert_close("bare", "embeddings of its first tokens", &begun, &expected[..4 * width], 1e-5);
    }
}

#[test]
fn a_clip_skip_of_all_layers_leaves_the_embeddings_of_tokens() {
    let model = fixture("single-layer").load_text_encoder(Storage::CPU, &Device::flex(), 4096).unwrap();
    let config = model.config();
    assert_eq!(config.check_call(14, 1), Ok(()));
    for (length, clip_skip, part) in [(14, 2, "0 to 1 work"), (15, 0, "takes 14 at most")] {
        let error = config.check_call(length, clip_skip).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.message().contains(part), "{error}");
    }
    let [first, again] = [vec![3, 5, 7], vec![9, 5, 8]].map(|ids| block_on(read(model.encode(&[ids], 1))));
    assert_eq!(first[15..30], again[15..30], "nothing was mixed");
    assert_ne!(first[..15], again[..15]);
}

#[test]
fn a_prompt_that_is_too_long_says_what_was_cut_off() {
    let tokenizer = stable_diffusion();
    let prompt = format!("{}the Fox's  cub\u{e9} \n", "a ".repeat(73));
    let cut = tokenizer.encode(&prompt).unwrap();
    assert_eq!(cut.token_ids.len(), 77);
    assert_eq!(cut.token_ids[76], 733, "the end is kept");
    assert_eq!(cut.truncated.as_deref(), Some("'s  cub\u{e9}"));
    assert_eq!(words_of(&cut)[73..], [("the", 74..75), ("Fox", 75..76)]);
    let fits = tokenizer.encode(&prompt[..2 * 73 + "the Fox".len()]).unwrap();
    assert_eq!((fits.truncated, &fits.token_ids), (None, &cut.token_ids));
}

/// All of it would take 64 MB or more.
#[test]
fn little_of_a_prompt_of_a_megabyte_is_looked_at() {
    let tokenizer = stable_diffusion();
    let units = [
        ("a fox, ", 150_000),
        ("!\n", 500_000),
        ("7", 1 << 20),
        ("x", 1 << 20),
        ("\u{1f98a}", 1 << 18),
        ("a\u{301}", 350_000),
    ];
    for (unit, count) in units {
        let prompt = unit.repeat(count);
        let (long, bytes) = most_bytes(|| tokenizer.encode(&prompt).unwrap());
        assert!(bytes < 16 << 20, "{unit:?}: {bytes} bytes");
        let short = tokenizer.encode(&unit.repeat(2000)).unwrap();
        assert_eq!((long.token_ids, long.words), (short.token_ids, short.words));
        assert!(long.truncated.unwrap().starts_with(&short.truncated.unwrap()), "{unit:?}");
    }
}

#[test]
fn a_configuration_is_read_as_transformers_reads_it() {
    let read = |config: &Value| Config::from_json(&config.to_string()).unwrap();
    let defaults = read(&json!({}));
    assert_eq!((defaults.vocab_size, defaults.max_position_embeddings), (49_408, 77));
    assert_eq!((defaults.hidden_size, defaults.intermediate_size), (512, 2048));
    assert_eq!((defaults.num_hidden_layers, defaults.num_attention_heads), (12, 8));
    assert_eq!((defaults.hidden_act, defaults.warning), (Activation::QuickGelu, None));
    for fixture in &TEXT_ENCODERS {
        assert_eq!(Config::from_json(fixture.config).unwrap().warning, None, "{}", fixture.name);
    }
    assert_eq!(read(&config_of("gelu")).hidden_act, Activation::Gelu);
    assert_eq!(read(&config_of("whole")), read(&config_of("bare")));
    let mut config = config_of("bare");
    config["relative_positions"] = json!(true);
    let warning = read(&config).warning.unwrap();
    assert!(warning.starts_with("text_encoder/config.json: "), "{warning}");
    assert!(warning.contains("CLIPTextModel") && warning.contains("\"relative_positions\""), "{warning}");
}

#[test]
fn what_is_no_text_encoder_of_clips_or_absurd_is_refused_by_field_and_value() {
    let cases = [
        ("model_type", json!("t5"), "clip_text_model"),
        ("model_type", json!("clip_vision_model"), "clip_text_model"),
        ("text_config", json!(7), "an object"),
        ("vocab_size", json!(0), "1 to"),
        ("vocab_size", json!(u64::MAX), "1 to"),
        ("hidden_size", json!("12"), "1 to"),
        ("num_hidden_layers", json!(1_000_000_000), "1 to 1024"),
        ("num_attention_heads", json!(0), "1 to"),
        ("max_position_embeddings", json!(-1), "1 to"),
        ("hidden_act", json!("selu"), "quick_gelu"),
        ("layer_norm_eps", json!(0), "between 0 and 1"),
        ("use_attention_mask", json!(true), "padding"),
        ("quantization_config", json!({"bits": 4}), "F16"),
    ];
    for (field, value, part) in cases {
        let mut config = config_of("bare");
        config[field] = value.clone();
        let error = refusal(&config);
        assert_eq!(error.code(), "unsupported-model");
        for part in ["text_encoder/config.json", field, &value.to_string(), part] {
            assert!(error.message().contains(part), "{field}: {error}");
        }
    }
    let mut config = config_of("bare");
    config["num_attention_heads"] = json!(5);
    assert!(refusal(&config).message().contains("hidden_size 12"));
    // Each size is allowed, but together they are too large for any memory.
    config["num_attention_heads"] = json!(1);
    config["hidden_size"] = json!(1 << 20);
    assert!(refusal(&config).message().contains("parameters"));
    for text in ["", "<!doctype html>", "[]"] {
        assert_eq!(Config::from_json(text).unwrap_err().code(), "unsupported-model");
    }
}

#[test]
fn what_the_device_cannot_hold_is_refused_with_the_sizes() {
    let loading = |storage| Loading::new(fixture("bare").config, storage, &Device::flex());
    let weights = loading(Storage::CPU).unwrap().checkpoint.num_weights();
    let layer = 4 * (12 * 12 + 12) + 2 * 12 * 20 + 20 + 12 + 4 * 12;
    assert_eq!(weights, 60 * 12 + 14 * 12 + 3 * layer + 2 * 12);
    assert!(loading(Storage { max_total: 4 * weights, ..Storage::CPU }).is_ok());
    let error = loading(Storage { max_total: 4 * weights - 1, ..Storage::CPU }).unwrap_err();
    assert_eq!(error.code(), "unsupported-model");
    assert!(error.message().contains(&weights.to_string()), "{error}");
}

#[test]
fn what_is_not_of_the_text_encoder_is_passed_over_and_named() {
    let warnings = |name: &str| {
        let mut loading = Loading::new(fixture(name).config, Storage::CPU, &Device::flex()).unwrap();
        fixture(name).feed(&mut loading.checkpoint, 4096).unwrap();
        loading.checkpoint.warnings("text_encoder/model.safetensors")
    };
    for name in ["prefixed", "bare", "half"] {
        assert_eq!(warnings(name), Vec::<String>::new(), "{name}");
    }
    assert!(warnings("projection")[0].contains("\"text_projection.weight\""));
    assert!(warnings("whole")[0].contains("\"logit_scale\""));
}

#[test]
fn a_checkpoint_of_another_text_encoder_is_refused_by_the_tensors_name() {
    for (config, checkpoint, part) in [
        ("bare", "single-layer", "embeddings.position_embedding.weight"),
        ("single-layer", "prefixed", "text_model.embeddings.position_embedding.weight"),
    ] {
        let mut loading = Loading::new(fixture(config).config, Storage::CPU, &Device::flex()).unwrap();
        let pushed = Reader::new(None).push(fixture(checkpoint).files[0].1, &mut loading.checkpoint);
        let error = pushed.unwrap_err();
        assert_eq!(error.code(), "weights-mismatch");
        assert!(error.message().contains(part), "{config} of {checkpoint}: {error}");
    }
    let mut config = config_of("bare");
    config["num_hidden_layers"] = json!(4);
    let mut loading = Loading::new(&config.to_string(), Storage::CPU, &Device::flex()).unwrap();
    let error = fixture("bare").feed(&mut loading.checkpoint, 4096).unwrap_err();
    assert!(error.message().contains("encoder.layers.3."), "{error}");
}

#[test]
fn a_tokenizer_of_another_text_encoder_is_refused_with_both_numbers() {
    let config = |vocab_size: usize, positions: usize| {
        let config = json!({"vocab_size": vocab_size, "max_position_embeddings": positions});
        Config::from_json(&config.to_string()).unwrap()
    };
    let tokenizer = stable_diffusion();
    assert_eq!(tokenizer.check_model(&config(734, 77)), Ok(()));
    assert_eq!(tokenizer.check_model(&config(49_408, 248)), Ok(()));
    let learned = Tokenizer::from_files(&folder("with learned tokens").files()).unwrap();
    assert_eq!(learned.check_model(&config(738, 77)), Ok(()));
    for (error, parts) in [
        (tokenizer.check_model(&config(733, 77)), ["vocab_size is 733", "733"]),
        (tokenizer.check_model(&config(734, 76)), ["max_position_embeddings is 76", "77"]),
        (learned.check_model(&config(737, 77)), ["vocab_size is 737", "737"]),
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(parts.iter().all(|part| error.message().contains(part)), "{error}");
    }
}

#[test]
fn a_vocabulary_that_is_damaged_or_not_clips_is_refused_by_name() {
    let vocab = |changes: &[(&str, Value)]| {
        let mut vocab: Value = serde_json::from_str(VOCAB).unwrap();
        for (token, id) in changes {
            vocab[*token] = id.clone();
        }
        vocab.to_string()
    };
    let without = |token: &str| VOCAB.replace(token, "<x>");
    let merges = |line: &str| format!("{MERGES}{line}\n");
    let cases = [
        (vec![("vocab.json", String::new())], "vocab.json"),
        (vec![("vocab.json", vocab(&[("a", json!("b"))]))], "vocab.json"),
        (vec![("vocab.json", without("<|startoftext|>"))], "bos_token \"<|startoftext|>\""),
        (vec![("vocab.json", without("<|endoftext|>"))], "eos_token \"<|endoftext|>\""),
        (vec![("merges.txt", merges("abc"))], "\"abc\" is no pair"),
        (vec![("merges.txt", merges("a b c"))], "merges.txt"),
        (vec![("merges.txt", merges("a \u{1f98a}"))], "merges.txt"),
        (vec![("merges.txt", merges("<|startoftext|> <|endoftext|>"))], "merges.txt"),
        (vec![("tokenizer_config.json", "[]".to_owned())], "tokenizer_config.json"),
        (vec![("special_tokens_map.json", "7".to_owned())], "special_tokens_map.json"),
        (vec![("special_tokens_map.json", json!({"bos_token": null}).to_string())], "bos_token"),
        (vec![("special_tokens_map.json", json!({"pad_token": null}).to_string())], "pad_token"),
        (vec![("added_tokens.json", String::new())], "added_tokens.json"),
        (vec![("tokenizer.json", "{}".to_owned())], "tokenizer.json"),
    ];
    for (files, part) in cases {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let error = with_files(&files).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().contains(part), "{part}: {error}");
    }
    let error = Tokenizer::from_files(&Files::new()).unwrap_err();
    assert!(error.message().contains("vocab.json with merges.txt"), "{error}");
}

#[test]
fn a_tokenizer_config_works_or_is_refused_by_field_and_value() {
    for length in [json!(2), json!(77), json!(248)] {
        let tokenizer = with_config(&json!({"model_max_length": length})).unwrap();
        assert_eq!(json!(tokenizer.max_length()), length);
    }
    for unknown in [json!({}), json!({"model_max_length": null}), json!({"model_max_length": 1e30})] {
        assert_eq!(with_config(&unknown).unwrap().max_length(), 77);
    }
    for (field, value) in [
        ("model_max_length", json!(1)),
        ("model_max_length", json!(-1)),
        ("model_max_length", json!(1_u64 << 40)),
        ("model_max_length", json!("77")),
        ("tokenizer_class", json!("T5Tokenizer")),
        ("padding_side", json!("left")),
        ("truncation_side", json!("left")),
    ] {
        let error = with_config(&json!({field: value})).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        for part in ["tokenizer_config.json", field, &value.to_string()] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}

#[test]
fn a_tokenizer_json_of_another_kind_is_refused() {
    let with_model = |model: Value| {
        let json = json!({"version": "1.0", "added_tokens": [], "model": model});
        with_files(&[("tokenizer.json", &json.to_string())]).unwrap_err()
    };
    let error = with_model(json!({"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}));
    assert!(error.message().contains("byte-pair encoding"), "{error}");
    // The crate would panic at it.
    let longer = json!({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]});
    assert!(with_model(longer).message().contains("\"ab\", which is no token"));
    let prefixed = json!({"type": "BPE", "vocab": {"a": 0}, "merges": [], "continuing_subword_prefix": "##"});
    assert!(with_model(prefixed).message().contains("continuing_subword_prefix"));
}

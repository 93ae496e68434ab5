//! GPT-2 on the CPU: agreement with transformers, its cache, checkpoints and configurations.

use burn::tensor::Device;
use hearth::gpt2::{LanguageModel, Loading};
use hearth::weights::{Reader, Storage};
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::{self, ExpectedLogits, Fixture, GPT2S, assert_close, devices, read};

fn fixture(name: &str) -> &'static Fixture {
    GPT2S.iter().find(|fixture| fixture.name == format!("gpt2/{name}")).expect("the fixture exists")
}

fn plain() -> LanguageModel {
    fixture("plain").load_gpt2(&Device::flex(), 4096).expect("the fixture loads")
}

#[test]
fn every_fixture_agrees_with_transformers() {
    for fixture in &GPT2S {
        let tolerance = if cfg!(feature = "wgpu") { 1e-3 } else { 1e-5 };
        for device in devices() {
            block_on(fixture.assert_agrees_with_transformers(&device, tolerance));
        }
    }
}

#[test]
fn the_sizes_of_the_pieces_do_not_matter() {
    let all: Vec<_> = [1, 7, 1 << 20]
        .map(|chunk| {
            let model = fixture("bare").load_gpt2(&Device::flex(), chunk).expect("the fixture loads");
            let mut cache = model.cache(1, 3).unwrap();
            block_on(read(model.logits(&[vec![1, 2, 3]], &mut cache).unwrap()))
        })
        .into();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_text_read_in_two_pieces_scores_as_one_read_at_once() {
    let (model, ExpectedLogits { token_ids, logits }) = (plain(), fixture("plain").expected_logits());
    let (length, vocab_size) = (token_ids[0].len(), model.config().vocab_size);
    let mut cache = model.cache(1, length).unwrap();
    let first = block_on(read(model.logits(&[token_ids[0][..4].to_vec()], &mut cache).unwrap()));
    let second = block_on(read(model.logits(&[token_ids[0][4..].to_vec()], &mut cache).unwrap()));
    let (expected_first, rest) = logits.split_at(4 * vocab_size);
    assert_close("plain", "first piece", &first, expected_first, 1e-5);
    assert_close("plain", "second piece", &second, &rest[..(length - 4) * vocab_size], 1e-5);
    assert_eq!((cache.len(), cache.is_empty()), (length, false));
}

#[test]
fn rows_of_a_cache_can_be_dropped_repeated_and_put_in_another_order() {
    let (model, ExpectedLogits { token_ids, logits }) = (plain(), fixture("plain").expected_logits());
    let (length, vocab_size) = (token_ids[0].len(), model.config().vocab_size);
    let mut cache = model.cache(2, length).unwrap();
    let starts: Vec<_> = token_ids.iter().map(|row| row[..length - 1].to_vec()).collect();
    model.logits(&starts, &mut cache).unwrap();
    for order in [vec![1, 0, 1], vec![1, 2], vec![1]] {
        cache.select_rows(&order);
        assert_eq!(cache.rows(), order.len());
    }
    // What is left is row 2 of the three, which was row 1 at first.
    let got = block_on(read(model.logits(&[vec![token_ids[1][length - 1]]], &mut cache).unwrap()));
    assert_close("plain", "logits", &got, &logits[logits.len() - vocab_size..], 1e-5);
}

#[test]
fn a_run_does_not_change_the_model() {
    let model = plain();
    let of = |ids: &[u32]| {
        let mut cache = model.cache(1, ids.len()).unwrap();
        block_on(read(model.logits(&[ids.to_vec()], &mut cache).unwrap()))
    };
    let first = of(&[5, 6, 7]);
    of(&[1, 2, 3, 4]);
    assert_eq!(of(&[5, 6, 7]), first);
}

#[test]
fn tokens_that_do_not_fit_are_refused_and_the_cache_stays_good() {
    let model = plain();
    let mut cache = model.cache(2, 4).unwrap();
    let cases: [(Vec<Vec<u32>>, &str); 6] = [
        (vec![], "2 lists"),
        (vec![vec![1]], "2 lists"),
        (vec![vec![], vec![]], "2 lists"),
        (vec![vec![1], vec![1, 2]], "2 lists"),
        (vec![vec![1; 5], vec![1; 5]], "cache's 4"),
        (vec![vec![1], vec![37]], "vocabulary of 37"),
    ];
    for (token_ids, part) in cases {
        let error = model.logits(&token_ids, &mut cache).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        assert!(error.message().contains(part), "{error}");
    }
    assert!(cache.is_empty());
    assert!(model.logits(&[vec![1; 4], vec![2; 4]], &mut cache).is_ok());
    for (rows, capacity) in [(0, 4), (1, 25)] {
        assert!(model.cache(rows, capacity).unwrap_err().message().contains("24"));
    }
}

#[test]
fn unsupported_and_absurd_configurations_are_refused_before_anything_is_allocated() {
    let config: Value = serde_json::from_str(fixture("plain").config).unwrap();
    let cases = [
        ("model_type", json!("llama")),
        ("vocab_size", json!(0)),
        ("vocab_size", json!(u64::MAX)),
        ("n_positions", json!(-1)),
        ("n_embd", json!(13)),
        ("n_embd", json!("12")),
        ("n_layer", json!(1_000_000_000_u64)),
        ("n_layer", json!(1_000_000)),
        ("n_head", json!(0)),
        ("n_inner", json!(0)),
        ("activation_function", json!("selu")),
        ("layer_norm_epsilon", json!(0)),
        ("add_cross_attention", json!(true)),
        ("quantization_config", json!({"bits": 4})),
    ];
    for (field, value) in cases {
        let mut wrong = config.clone();
        wrong[field] = value.clone();
        wrong["n_embd"] = if field == "n_layer" { json!(3072) } else { wrong["n_embd"].clone() };
        let error = Loading::new(&wrong.to_string(), Storage::CPU, &Device::flex()).unwrap_err();
        assert_eq!(error.code(), "unsupported-model", "{field} = {value}: {error}");
    }
    for text in ["", "<!doctype html>", "[]", "{}"] {
        assert_eq!(
            Loading::new(text, Storage::CPU, &Device::flex()).unwrap_err().code(),
            "unsupported-model"
        );
    }
}

#[test]
fn the_tokens_that_begin_and_end_a_text_may_be_none_or_several() {
    let with = |field: &str, value: Value| {
        let mut config: Value = serde_json::from_str(fixture("plain").config).unwrap();
        config[field] = value;
        Loading::new(&config.to_string(), Storage::CPU, &Device::flex())
            .map(|loading| loading.config().clone())
    };
    for (value, ids) in [(json!(null), &[][..]), (json!([]), &[]), (json!(7), &[7]), (json!([7, 0]), &[7, 0])]
    {
        assert_eq!(with("eos_token_id", value).unwrap().eos_token_ids(), ids);
    }
    for (value, id) in [(json!(null), None), (json!(7), Some(7))] {
        assert_eq!(with("bos_token_id", value).unwrap().bos_token_id, id);
    }
    for (field, value) in [
        ("eos_token_id", json!("</s>")),
        ("eos_token_id", json!(-1.5)),
        ("bos_token_id", json!([7])),
        ("tie_word_embeddings", json!(null)),
        ("activation_function", json!(null)),
    ] {
        let error = with(field, value.clone()).unwrap_err();
        assert!(error.message().starts_with(&format!("config.json: {field} is {value}; ")), "{error}");
    }
}

#[test]
fn what_a_configuration_leaves_out_is_what_transformers_takes() {
    let json =
        r#"{"model_type":"gpt2","vocab_size":50257,"n_positions":8,"n_embd":4,"n_layer":1,"n_head":2}"#;
    let loading = Loading::new(json, Storage::CPU, &Device::flex()).unwrap();
    let wanted: Vec<_> = loading.checkpoint.wanted().collect();
    assert!(wanted.contains(&("h.0.mlp.c_fc.weight", &[4, 16][..])));
    assert!(!wanted.iter().any(|(name, _)| *name == "lm_head.weight"));
    assert_eq!(wanted.len(), 2 + 12 + 2);
}

#[test]
fn a_checkpoint_of_another_model_is_refused_by_the_tensors_name() {
    let load = |config: &str, fixture: &Fixture| {
        let mut loading = Loading::new(config, Storage::CPU, &Device::flex()).unwrap();
        let (_, bytes) = fixture.files[0];
        let mut reader = Reader::new(None);
        let pushed = reader.push(bytes, &mut loading.checkpoint).and_then(|()| reader.finish());
        pushed.and_then(|()| loading.finish().map(|_| ())).unwrap_err()
    };
    for (config, checkpoint, part) in [
        ("untied", "plain", "c_fc"),
        ("plain", "unscaled", "transformer.h.2."),
        ("unscaled", "plain", "h.2."),
        ("plain", "sharded", "no tensor"),
    ] {
        let error = load(fixture(config).config, fixture(checkpoint));
        assert_eq!(error.code(), "weights-mismatch");
        assert!(error.message().contains(part), "{error}");
    }
}

/// The logits after each token of a text of 90, read in pieces of `piece` tokens.
fn logits(model: &LanguageModel, piece: usize) -> Vec<f32> {
    let token_ids: Vec<u32> = (0..90).map(|n| n * 53 % 300).collect();
    let mut cache = model.cache(1, 90).unwrap();
    let read_piece = |piece: &[u32]| block_on(read(model.logits(&[piece.to_vec()], &mut cache).unwrap()));
    token_ids.chunks(piece).flat_map(read_piece).collect()
}

#[test]
fn a_text_read_in_pieces_gives_what_it_gives_at_once() {
    let writer = common::random_writer(Storage::CPU, &Device::flex());
    let at_once = logits(writer.model(), 90);
    for piece in [1, 7, 64] {
        assert_close("random", "logits in pieces", &logits(writer.model(), piece), &at_once, 1e-4);
    }
}

#[test]
fn packed_weights_change_the_logits_a_little() {
    let of = |dtype: &str| {
        let storage = Storage::CPU.with_dtype(dtype).unwrap();
        let writer = common::random_writer(storage, &Device::flex());
        assert_eq!(writer.model().dtype(), if dtype == "auto" { "f32" } else { dtype });
        logits(writer.model(), 64)
    };
    let exact = of("f32");
    let error = |logits: &[f32]| {
        let square = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>();
        let difference = square(&mut exact.iter().zip(logits).map(|(a, b)| a - b));
        (difference / square(&mut exact.iter().copied())).sqrt()
    };
    assert_eq!(of("auto"), exact);
    let (halves, bytes) = (error(&of("f16")), error(&of("q8")));
    assert!(halves > 0.0 && halves < 2e-3, "f16: {halves}");
    assert!(bytes > halves && bytes < 0.05, "q8: {bytes}");
}

#[test]
fn a_tensor_that_is_too_large_for_the_device_is_kept_in_halves_or_refused() {
    let load = |max_binding: u64| {
        let storage = Storage { max_binding, ..Storage::CPU };
        let config = json!({
            "model_type": "gpt2", "vocab_size": 3000, "n_positions": 90, "n_embd": 64, "n_layer": 1, "n_head": 2,
            "bos_token_id": 0, "eos_token_id": 0,
        });
        common::random_gpt2(&config, storage, &Device::flex())
    };
    // wte has 3000 · 64 numbers: 768,000 bytes in f32 and 384,000 in f16. All others are smaller.
    let (whole, halved) = (load(768_000).unwrap(), load(767_999).unwrap());
    assert_eq!(halved.dtype(), "f32", "the others are as they were");
    let (whole, halved) = (logits(&whole, 90), logits(&halved, 90));
    let difference = whole.iter().zip(&halved).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(difference > 0.0 && difference < 0.05, "{difference}");
    let error = load(383_999).unwrap_err();
    assert_eq!(error.code(), "unsupported-model");
    assert!(error.message().contains("wte.weight") && error.message().contains("768000"), "{error}");
}

#[test]
fn more_keys_and_values_than_memory_are_refused_before_they_are_made() {
    let config = json!({
        "model_type": "gpt2", "vocab_size": 10, "n_positions": 200_000, "n_embd": 4, "n_layer": 4, "n_head": 1,
        "bos_token_id": 0, "eos_token_id": 0,
    });
    let model = common::random_gpt2(&config, Storage::CPU, &Device::flex()).unwrap();
    let error = model.cache(64, 200_000).unwrap_err();
    assert_eq!(error.code(), "invalid-option");
    assert!(error.message().contains("1638400000"), "{error}");
}

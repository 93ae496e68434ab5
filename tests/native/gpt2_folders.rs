//! The `config.json` and `generation_config.json` of GPT-2s as people have them: what transformers reads in them.

use burn::tensor::Device;
use hearth::error::{Error, Result};
use hearth::gpt2::{Config, Defaults, FinishReason, Loading, Pipeline, Sequence};
use hearth::options::Options;
use hearth::tokenizer::Tokenizer;
use hearth::weights::{Checkpoint, Reader, Storage};
use pollster::block_on;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::common::{TOKENIZER, WRITER, expected_writer, options_of, write, writer};

/// The changes of a folder, a call, and what transformers writes; `None` where it refuses to.
#[derive(Deserialize)]
struct Folder {
    #[serde(default)]
    config: Map<String, Value>,
    generation_config: Option<Value>,
    #[serde(default)]
    options: Map<String, Value>,
    prompt: Option<String>,
    sequences: Option<Vec<Vec<u32>>>,
}

/// The config of [`WRITER`] with these fields instead. A field that is `null` is taken out.
fn config_with(changes: &Map<String, Value>) -> String {
    let mut config: Map<String, Value> = serde_json::from_str(WRITER.config).unwrap();
    config.extend(changes.clone());
    config.retain(|name, value| !(value.is_null() && changes.contains_key(name)));
    Value::from(config).to_string()
}

fn fields(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

/// The weights of [`WRITER`] with another config and another generation_config.json, in the order in which a page loads them.
fn folder(config: &str, generation_config: Option<&str>) -> Result<Pipeline> {
    let mut loading = Loading::new(config, Storage::CPU, &Device::flex())?;
    let defaults = Defaults::of_folder(config, generation_config)?;
    WRITER.feed(&mut loading.checkpoint, 4096)?;
    Pipeline::new(loading.finish()?, Tokenizer::from_json(TOKENIZER)?, defaults)
}

fn with_defaults(generation_config: &Value) -> Result<Pipeline> {
    folder(WRITER.config, Some(&generation_config.to_string()))
}

fn with_config(changes: Value) -> Pipeline {
    folder(&config_with(&fields(changes)), None).expect("the folder loads")
}

fn texts(pipeline: &Pipeline, options: Options) -> Vec<Sequence> {
    block_on(write(pipeline, "Once upon a time", options)).1
}

/// What the writer of the tests writes without an end: the greedy text that fills its context.
fn without_end() -> Vec<Sequence> {
    texts(&writer(&Device::flex()), Options::new().with("eos_token_id", json!([])))
}

fn message(result: Result<impl std::fmt::Debug>) -> String {
    match result {
        Err(Error::UnsupportedModel(message)) => message,
        other => panic!("expected unsupported-model, got {other:?}"),
    }
}

#[test]
fn folders_write_what_they_do_in_transformers_and_are_refused_where_they_are_there() {
    let folders: Vec<Folder> =
        serde_json::from_str(include_str!("../fixtures/gpt2/writer/folders.json")).unwrap();
    for Folder { config, generation_config, options, prompt, sequences } in folders {
        let what = format!("{config:?} {generation_config:?} {options:?}");
        let prompt = prompt.unwrap_or("Once upon a time".to_owned());
        let generation_config = generation_config.map(|fields| fields.to_string());
        let pipeline = folder(&config_with(&config), generation_config.as_deref());
        let is_refused = pipeline
            .as_ref()
            .map_or(true, |pipeline| pipeline.start(&prompt, options_of(&options), 0).is_err());
        assert_eq!(is_refused, sequences.is_none(), "{what}: {:?}", pipeline.err());
        if let (Ok(pipeline), Some(expected)) = (pipeline, sequences) {
            let written = block_on(write(&pipeline, &prompt, options_of(&options))).1;
            let got: Vec<_> = written.into_iter().map(|sequence| sequence.token_ids).collect();
            assert_eq!(got, expected, "{what}");
        }
    }
}

#[test]
fn each_option_acts_in_a_generation_config_as_in_a_call() {
    let tokenizer = Tokenizer::from_json(TOKENIZER).unwrap();
    for case in expected_writer().generations {
        let mut fields = case.options;
        if !fields.contains_key("max_length") {
            fields.insert("max_new_tokens".to_owned(), json!(20));
        }
        if let Some(words) = fields.remove("bad_words") {
            let words: Vec<String> = serde_json::from_value(words).unwrap();
            let spellings: Vec<_> =
                words.iter().flat_map(|word| tokenizer.spellings(word).unwrap()).collect();
            fields.insert("bad_words_ids".to_owned(), json!(spellings));
        }
        let pipeline = with_defaults(&json!(fields)).unwrap();
        assert_eq!(pipeline.defaults().warnings(), [""; 0], "{fields:?}");
        let got: Vec<_> =
            texts(&pipeline, Options::new()).into_iter().map(|sequence| sequence.token_ids).collect();
        assert_eq!(got, case.sequences, "{fields:?}");
    }
}

#[test]
fn drawing_too_is_the_same_by_a_generation_config_as_by_a_call() {
    let shapes = json!({"do_sample": true, "temperature": 0.9, "top_k": 30, "top_p": 0.9, "min_p": 0.01,
        "typical_p": 0.95, "num_return_sequences": 3});
    let seed = || Options::new().with("seed", json!(7));
    let by_call =
        fields(shapes.clone()).into_iter().fold(seed(), |all, (name, value)| all.with(&name, value));
    let expected = texts(&writer(&Device::flex()), by_call);
    assert_eq!(texts(&with_defaults(&shapes).unwrap(), seed()), expected);
    assert_ne!(expected[0], expected[1]);
}

#[test]
fn a_file_with_a_wrong_value_is_refused_before_the_weights_by_file_and_field() {
    let cases = [
        ("max_length", json!(0)),
        ("max_new_tokens", json!(-1)),
        ("max_new_tokens", json!("20")),
        ("min_length", json!(1.5)),
        ("min_new_tokens", json!([3])),
        ("do_sample", json!("true")),
        ("temperature", json!(0)),
        ("temperature", json!(0.0)),
        ("temperature", json!(-1)),
        ("temperature", json!("NaN")),
        ("top_k", json!(-1)),
        ("top_p", json!(1.1)),
        ("min_p", json!(2)),
        ("typical_p", json!(0)),
        ("repetition_penalty", json!(0)),
        ("repetition_penalty", json!({})),
        ("no_repeat_ngram_size", json!(-2)),
        ("exponential_decay_length_penalty", json!([5])),
        ("exponential_decay_length_penalty", json!([-1, 1.1])),
        ("exponential_decay_length_penalty", json!([5, 0])),
        ("num_beams", json!(0)),
        ("num_beams", json!(65)),
        ("length_penalty", json!("1")),
        ("early_stopping", json!("sometimes")),
        ("num_return_sequences", json!(0)),
        ("num_return_sequences", json!(2)),
        ("stop_strings", json!([""])),
        ("stop_strings", json!(3)),
        ("eos_token_id", json!("</s>")),
        ("eos_token_id", json!(-1.5)),
        ("bos_token_id", json!([0])),
        ("bad_words_ids", json!([3])),
        ("suppress_tokens", json!(["a"])),
        ("begin_suppress_tokens", json!([1.5])),
        ("forced_eos_token_id", json!(0.5)),
    ];
    for (field, value) in cases {
        let shapes = ["temperature", "top_k", "top_p", "min_p", "typical_p"].contains(&field);
        let wrong = if shapes { json!({ "do_sample": true, field: value }) } else { json!({ field: value }) };
        let refusal = message(Defaults::from_json(&wrong.to_string()));
        assert!(refusal.starts_with(&format!("generation_config.json: {field} ")), "{wrong}: {refusal}");
        if shapes {
            // Where nothing is drawn it is not used, as in transformers.
            for greedy in [json!({ field: value }), json!({ "do_sample": false, field: value })] {
                let defaults = Defaults::from_json(&greedy.to_string()).unwrap();
                let [warning] = defaults.warnings() else { panic!("{greedy}: {:?}", defaults.warnings()) };
                assert!(warning.starts_with(&format!("generation_config.json: {field} is ")), "{warning}");
            }
        }
        // In the folders of old it stands in config.json.
        if !["bos_token_id", "eos_token_id"].contains(&field) {
            let refusal = message(Defaults::of_folder(&wrong.to_string(), None));
            assert!(refusal.starts_with(&format!("config.json: {field} ")), "{wrong}: {refusal}");
        }
        // And null says nothing.
        assert_eq!(Defaults::from_json(&json!({ field: null }).to_string()).unwrap().warnings(), [""; 0]);
    }
    for text in ["", "<!doctype html>", "[]", "3", "{\"top_k\": 1e999}", &"[".repeat(100_000)] {
        assert!(message(Defaults::from_json(text)).starts_with("generation_config.json: "), "{text:.20}");
    }
    let infinite = message(Defaults::from_json(r#"{"do_sample": true, "temperature": Infinity}"#));
    assert!(infinite.contains("temperature is \"Infinity\""), "{infinite}");
}

#[test]
fn what_a_call_says_comes_before_the_file_and_contradicts_only_itself() {
    let file = json!({"do_sample": true, "temperature": 0.7, "num_beams": 3, "early_stopping": true,
        "length_penalty": 2.0, "num_return_sequences": 3, "max_new_tokens": 30, "min_new_tokens": 25});
    let pipeline = with_defaults(&file).unwrap();
    let call = |list: &[(&str, Value)]| {
        list.iter().fold(Options::new(), |all, (name, value)| all.with(name, value.clone()))
    };
    let count = |list: &[(&str, Value)]| texts(&pipeline, call(list)).len();
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&[("num_beams", json!(2))]), 2);
    assert_eq!(count(&[("num_beams", json!(1))]), 3);
    assert_eq!(count(&[("num_beams", json!(1)), ("do_sample", json!(false))]), 1);
    assert_eq!(texts(&pipeline, call(&[("max_new_tokens", json!(4))]))[0].token_ids.len(), 4);
    assert_eq!(texts(&pipeline, call(&[("max_length", json!(16))]))[0].token_ids.len(), 2);
    let contradictions: [&[(&str, Value)]; 5] = [
        &[("num_return_sequences", json!(4))],
        &[("temperature", json!(0.5)), ("do_sample", json!(false))],
        &[("length_penalty", json!(0.5)), ("num_beams", json!(1))],
        &[("max_length", json!(20)), ("max_new_tokens", json!(4))],
        &[("min_new_tokens", json!(9)), ("max_new_tokens", json!(8))],
    ];
    for list in contradictions {
        let error = pipeline.start("Once", call(list), 0).unwrap_err();
        assert!(error.code() == "invalid-option" && error.message().contains(list[0].0), "{error}");
    }
}

#[test]
fn a_prompt_longer_than_the_files_max_length_is_told_what_helps() {
    let pipeline = with_defaults(&json!({"max_length": 10})).unwrap();
    let error = pipeline.start("Once upon a time", Options::new(), 0).unwrap_err();
    assert_eq!(error.code(), "invalid-option");
    assert!(error.message().contains("max_length") && error.message().contains("max_new_tokens"), "{error}");
    let options = Options::new().with("max_new_tokens", json!(3));
    assert_eq!(texts(&pipeline, options)[0].token_ids.len(), 3);
}

#[test]
fn what_a_file_says_in_vain_is_reported_and_what_changes_nothing_is_not() {
    let warnings = |file: Value| Defaults::from_json(&file.to_string()).unwrap().warnings().to_vec();
    let silent = json!({"_from_model_config": true, "transformers_version": "4.33.2", "pad_token_id": 50256,
        "use_cache": false, "output_attentions": true, "return_dict_in_generate": true, "num_beam_groups": 1,
        "diversity_penalty": 0.0, "guidance_scale": 1, "renormalize_logits": false, "sequence_bias": null,
        "encoder_repetition_penalty": 1.0, "forced_bos_token_id": null, "cache_implementation": "dynamic",
        "decoder_start_token_id": 0, "max_length": 20, "max_new_tokens": 5, "temperature": 0.7});
    assert_eq!(warnings(silent), [""; 0]);
    for (field, value) in [
        ("seed", json!(42)),
        ("temprature", json!(0.5)),
        ("num_beam_groups", json!(2)),
        ("penalty_alpha", json!(0.6)),
        ("epsilon_cutoff", json!(3e-4)),
        ("forced_bos_token_id", json!(3)),
        ("renormalize_logits", json!(true)),
        ("sequence_bias", json!([[[5], -10.0]])),
        ("constraints", json!([[5]])),
        ("return_full_text", json!(true)),
    ] {
        let said = warnings(json!({ field: value }));
        assert_eq!(said.len(), 1, "{field}");
        assert!(said[0].starts_with(&format!("generation_config.json: {field} ")), "{said:?}");
    }
    // A config.json has other things to say, so only what would change a text counts there.
    let of_config = |changes: Value| {
        Defaults::of_folder(&config_with(&fields(changes)), None).unwrap().warnings().to_vec()
    };
    assert_eq!(of_config(json!({"seed": 42})), [""; 0]);
    assert_eq!(of_config(json!({"penalty_alpha": 0.6})).len(), 1);
}

#[test]
fn where_everything_is_forbidden_nothing_is_drawn() {
    let all: Vec<u32> = (0..300).collect();
    for file in [
        json!({"do_sample": true, "suppress_tokens": all}),
        json!({"do_sample": true, "suppress_tokens": all, "num_beams": 2}),
        json!({"do_sample": true, "temperature": 1e-60}),
        json!({"do_sample": true, "repetition_penalty": 1e-60}),
    ] {
        let mut run = with_defaults(&file).unwrap().start("Once upon a time", Options::new(), 0).unwrap();
        let error = block_on(run.step()).unwrap_err();
        assert!(error.code() == "invalid-option" && error.message().contains("no token"), "{error}");
    }
}

#[test]
fn tokens_that_begin_and_end_texts_beyond_the_vocabulary_never_come() {
    let without_end = without_end();
    for (changes, count) in [
        (json!({"bos_token_id": null, "eos_token_id": null}), 0),
        (json!({"bos_token_id": 50256, "eos_token_id": 50256}), 1),
        (json!({"bos_token_id": 300, "eos_token_id": 300}), 1),
        (json!({"bos_token_id": -1, "eos_token_id": -1}), 1),
        (json!({"bos_token_id": 300, "eos_token_id": [300, 4_000_000_000_u64, 1_u64 << 40]}), 1),
    ] {
        let pipeline = with_config(changes.clone());
        assert_eq!(texts(&pipeline, Options::new()), without_end, "{changes}");
        let least = Options::new().with("min_new_tokens", json!(3));
        assert_eq!(texts(&pipeline, least), without_end, "{changes}");
        let error = pipeline.start("", Options::new(), 0).unwrap_err();
        assert!(error.code() == "invalid-option" && error.message().contains("bos_token_id"), "{error}");
        assert_eq!(pipeline.model().config().warnings().len(), count, "{changes}");
    }
    // One of them may be known. And a call's own tokens must be.
    let pipeline = with_config(json!({"eos_token_id": [300, 241]}));
    assert_eq!(texts(&pipeline, Options::new())[0].token_ids, [241]);
    assert!(pipeline.start("Once", Options::new().with("eos_token_id", json!(300)), 0).is_err());
    let from_file = with_defaults(&json!({"bos_token_id": 5, "eos_token_id": [50256]})).unwrap();
    assert_eq!(texts(&from_file, Options::new()), without_end);
    assert_eq!(from_file.start("", Options::new(), 0).unwrap().prompt_ids(), [5]);
    let nothing = json!({"bos_token_id": -1, "eos_token_id": [-1], "suppress_tokens": [-1]});
    assert_eq!(texts(&with_defaults(&nothing).unwrap(), Options::new()), without_end);
}

/// A safetensors file of zeros but for these entries of tensors.
fn sparse_file(checkpoint: &Checkpoint, entries: &[(&str, usize, f32)]) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    for (name, shape) in checkpoint.wanted() {
        let begin = data.len();
        for index in 0..shape.iter().product() {
            let entry = entries.iter().find(|(tensor, at, _)| *tensor == name && *at == index);
            data.extend(entry.map_or(0.0_f32, |(_, _, value)| *value).to_le_bytes());
        }
        let offsets = [begin, data.len()];
        header.insert(name.to_owned(), json!({"dtype": "F32", "shape": shape, "data_offsets": offsets}));
    }
    let header = Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

#[test]
fn a_text_ends_with_50256_where_the_config_names_no_other_token() {
    let config = |eos: &str| {
        format!(
            r#"{{"model_type": "gpt2", "n_ctx": 32, "n_positions": 32, "n_embd": 4, "n_layer": 1, "n_head": 1{eos}}}"#
        )
    };
    for (eos, length, finish_reason) in [
        ("", 1, FinishReason::EosToken),
        (r#", "eos_token_ids": 7"#, 1, FinishReason::EosToken),
        (r#", "eos_token_id": null"#, 18, FinishReason::Length),
        (r#", "eos_token_id": 50255"#, 18, FinishReason::Length),
    ] {
        let mut loading = Loading::new(&config(eos), Storage::CPU, &Device::flex()).unwrap();
        // The last norm gives a constant, which only token 50256 is like.
        let entries = [("ln_f.bias", 0, 1.0), ("wte.weight", 4 * 50_256, 1.0)];
        let file = sparse_file(&loading.checkpoint, &entries);
        let mut reader = Reader::new(None);
        reader.push(&file, &mut loading.checkpoint).and_then(|()| reader.finish()).unwrap();
        let tokenizer = Tokenizer::from_json(TOKENIZER).unwrap();
        let pipeline = Pipeline::new(loading.finish().unwrap(), tokenizer, Defaults::default()).unwrap();
        let [sequence] = &texts(&pipeline, Options::new())[..] else { panic!("one text comes") };
        assert_eq!(sequence.token_ids, vec![50_256; length], "{eos}");
        assert_eq!(sequence.finish_reason, finish_reason, "{eos}");
        assert_eq!(pipeline.start("", Options::new(), 0).unwrap().prompt_ids(), [50_256], "{eos}");
    }
}

#[test]
fn a_size_may_have_the_name_that_it_has_in_other_models() {
    let own = Config::from_json(WRITER.config).unwrap();
    let common = json!({"n_embd": null, "n_head": null, "n_layer": null, "n_positions": null,
        "hidden_size": 12, "num_attention_heads": 3, "num_hidden_layers": 2, "max_position_embeddings": 48});
    assert_eq!(Config::from_json(&config_with(&fields(common))).unwrap(), own);
    // Where there are both, transformers takes this one.
    let both = Config::from_json(r#"{"model_type": "gpt2", "n_embd": 12, "hidden_size": 24}"#).unwrap();
    assert_eq!(both.n_embd, 24);
    for field in ["hidden_size", "num_attention_heads", "num_hidden_layers", "max_position_embeddings"] {
        for value in [json!(0), json!(null), json!(12.5), json!("12"), json!(u64::MAX)] {
            let wrong = json!({"model_type": "gpt2", field: value});
            let refusal = message(Config::from_json(&wrong.to_string()));
            assert!(refusal.starts_with(&format!("config.json: {field} is {value}; ")), "{refusal}");
        }
    }
}

#[test]
fn absent_sizes_are_those_of_the_smallest_gpt2() {
    let config = Config::from_json(r#"{"model_type": "gpt2"}"#).unwrap();
    assert_eq!((config.vocab_size, config.n_positions, config.n_embd), (50_257, 1024, 768));
    assert_eq!((config.n_layer, config.n_head, config.n_inner), (12, 12, 3072));
    assert_eq!((config.bos_token_id, config.eos_token_ids()), (Some(50_256), &[50_256][..]));
    assert!(config.tie_word_embeddings && config.warnings().is_empty());
    // The oldest configs have no model_type. What says nothing at all of a GPT-2 is none.
    for text in [r#"{"n_layer": 2}"#, r#"{"architectures": ["GPT2LMHeadModel"]}"#] {
        Config::from_json(text).expect("it is a GPT-2's by its fields");
    }
    for text in ["{}", r#"{"dim": 512}"#, r#"{"model_type": "llama", "n_layer": 2}"#] {
        assert!(message(Config::from_json(text)).starts_with("config.json: model_type is "), "{text}");
    }
}

#[test]
fn a_config_that_python_wrote_need_not_be_quite_json() {
    let config =
        WRITER.config.replacen('{', r#"{"summary_first_dropout": NaN, "spread": [-Infinity, Infinity],"#, 1);
    assert_eq!(Config::from_json(&config).unwrap(), Config::from_json(WRITER.config).unwrap());
    let refusal = message(Config::from_json(r#"{"model_type": "gpt2", "layer_norm_epsilon": NaN}"#));
    assert!(refusal.starts_with("config.json: layer_norm_epsilon is \"NaN\"; "), "{refusal}");
    // Of two fields of one name the last counts.
    let twice = Config::from_json(r#"{"model_type": "gpt2", "n_embd": 12, "n_embd": 24}"#).unwrap();
    assert_eq!(twice.n_embd, 24);
}

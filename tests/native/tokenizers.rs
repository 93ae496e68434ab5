//! Tokenizers of every kind, and the files that a folder describes one in, beside transformers.

use burn::tensor::Device;
use hearth::error::Error;
use hearth::gpt2::{Defaults, Event, FinishReason, Pipeline, Sequence, Token, stops};
use hearth::options::Options;
use hearth::tokenizer::{Files, TextStream, Tokenizer};
use hearth::weights::Storage;
use pollster::block_on;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::common::{self, write};

const VOCAB: &str = include_str!("../fixtures/gpt2/writer/vocab.json");
const MERGES: &str = include_str!("../fixtures/gpt2/writer/merges.txt");

#[derive(Deserialize)]
struct Expected {
    tokenizers: Vec<Kind>,
    folders: Vec<Folder>,
}

#[derive(Deserialize)]
struct Kind {
    name: String,
    /// None: the writer's, with these added tokens.
    #[serde(rename = "tokenizer.json")]
    tokenizer: Option<Value>,
    added_tokens: Value,
    #[serde(rename = "tokenizer_config.json")]
    config: Value,
    encoded: Vec<(String, Vec<u32>)>,
    decoded: Vec<(Vec<u32>, String)>,
    /// A stop string, and the number of tokens after which it ends each of `decoded`.
    stopped: Vec<(String, Vec<Option<usize>>)>,
}

#[derive(Deserialize)]
struct Folder {
    name: String,
    /// What is changed in the writer's; None: the folder has `vocab.json` and `merges.txt`.
    #[serde(rename = "tokenizer.json")]
    changes: Option<Map<String, Value>>,
    files: Map<String, Value>,
    texts: Vec<(String, Vec<u32>, String)>,
}

impl Kind {
    fn load(&self) -> Tokenizer {
        let tokenizer =
            self.tokenizer.clone().unwrap_or_else(|| changed(&[("added_tokens", self.added_tokens.clone())]));
        from_files(&[("tokenizer.json", &tokenizer), ("tokenizer_config.json", &self.config)])
    }

    /// A pipeline of random weights.
    fn pipeline(&self) -> Pipeline {
        let tokenizer = self.load();
        let config = json!({
            "model_type": "gpt2", "vocab_size": tokenizer.vocab_size(), "n_positions": 100, "n_embd": 16,
            "n_layer": 1, "n_head": 2, "bos_token_id": 0, "eos_token_id": null,
        });
        let model = common::random_gpt2(&config, Storage::CPU, &Device::flex()).unwrap();
        Pipeline::new(model, tokenizer, Defaults::default()).unwrap()
    }
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("../fixtures/gpt2/tokenizers.json")).unwrap()
}

fn from_files(files: &[(&str, &Value)]) -> Tokenizer {
    let files: Files = files.iter().map(|(name, json)| ((*name).to_owned(), json.to_string())).collect();
    Tokenizer::from_files(&files).unwrap()
}

/// The writer's tokenizer.json with other fields.
fn changed(changes: &[(&str, Value)]) -> Value {
    let mut tokenizer: Value = serde_json::from_str(common::TOKENIZER).unwrap();
    for (field, value) in changes {
        tokenizer[*field] = value.clone();
    }
    tokenizer
}

/// The tokens of a call that draws, and its sequence.
fn draw(pipeline: &Pipeline, prompt: &str, list: &[(&str, Value)]) -> (Vec<Token>, Sequence) {
    let sampling = Options::new().with("do_sample", json!(true)).with("top_k", json!(0));
    let options = list.iter().fold(sampling, |all, (name, value)| all.with(name, value.clone()));
    let (events, mut sequences) = block_on(write(pipeline, prompt, options));
    let tokens = events.into_iter().flat_map(|event| match event {
        Event::Tokens(tokens) => tokens,
        _ => Vec::new(),
    });
    (tokens.collect(), sequences.swap_remove(0))
}

fn pieces(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

#[test]
fn every_kind_of_tokenizer_reads_and_writes_as_transformers_does() {
    for kind in expected().tokenizers {
        let tokenizer = kind.load();
        for (text, token_ids) in &kind.encoded {
            assert_eq!(&tokenizer.encode(text).unwrap(), token_ids, "{}: {text:?}", kind.name);
        }
        for (token_ids, text) in &kind.decoded {
            assert_eq!(&tokenizer.decode(token_ids).unwrap(), text, "{}: {token_ids:?}", kind.name);
        }
    }
}

#[test]
fn a_folders_files_make_the_tokenizer_that_transformers_makes() {
    for folder in expected().folders {
        let text = |file: &Value| file.as_str().map_or_else(|| file.to_string(), str::to_owned);
        let mut files: Files = folder.files.iter().map(|(name, file)| (name.clone(), text(file))).collect();
        if let Some(changes) = folder.changes {
            let changes: Vec<_> =
                changes.iter().map(|(field, value)| (field.as_str(), value.clone())).collect();
            files.insert("tokenizer.json".to_owned(), changed(&changes).to_string());
        } else if !files.contains_key("vocab.txt") {
            files.insert("vocab.json".to_owned(), VOCAB.to_owned());
            files.insert("merges.txt".to_owned(), MERGES.to_owned());
        }
        let tokenizer = Tokenizer::from_files(&files).unwrap();
        for (text, token_ids, decoded) in folder.texts {
            assert_eq!(tokenizer.encode(&text).unwrap(), token_ids, "{}: {text:?}", folder.name);
            assert_eq!(tokenizer.decode(&token_ids).unwrap(), decoded, "{}: {text:?}", folder.name);
        }
    }
}

#[test]
fn a_text_ends_where_transformers_ends_it_at_a_stop_string() {
    for kind in expected().tokenizers {
        let tokenizer = kind.load();
        for (stop, ends) in &kind.stopped {
            for ((token_ids, text), expected) in kind.decoded.iter().zip(ends) {
                let stopped =
                    |end: &usize| stops(&tokenizer, &token_ids[..*end], std::slice::from_ref(stop)).unwrap();
                let end = (1..=token_ids.len()).find(stopped);
                assert_eq!(end, *expected, "{}: {stop:?} in {text:?}, {token_ids:?}", kind.name);
            }
        }
    }
}

#[test]
fn the_pieces_of_a_stream_are_the_text_whatever_the_decoder() {
    for kind in expected().tokenizers {
        let tokenizer = kind.load();
        for (token_ids, text) in &kind.decoded {
            let mut stream = TextStream::after(&tokenizer, &[]).unwrap();
            let mut streamed = String::new();
            for end in 1..token_ids.len() {
                streamed += &stream.next(&tokenizer, &token_ids[..end]).unwrap();
                assert!(text.starts_with(&streamed), "{}: {streamed:?} of {text:?}", kind.name);
            }
            streamed += &stream.rest(&tokenizer, token_ids).unwrap();
            assert_eq!(&streamed, text, "{}: {token_ids:?}", kind.name);
        }
    }
}

#[test]
fn what_is_written_after_a_prompt_keeps_its_spaces() {
    for kind in expected().tokenizers {
        let pipeline = kind.pipeline();
        let prompt = if kind.name == "suffixed" { "ab ef" } else { "old fox" };
        let prompt_ids = pipeline.tokenizer().encode(prompt).unwrap();
        let known = pipeline.tokenizer().decode(&prompt_ids).unwrap();
        for seed in 0..4 {
            let (tokens, whole) = draw(&pipeline, prompt, &[("seed", json!(seed))]);
            assert_eq!(format!("{prompt}{}", pieces(&tokens)), whole.generated_text, "{}", kind.name);
            let token_ids = [&prompt_ids[..], &whole.token_ids].concat();
            let text = pipeline.tokenizer().decode(&token_ids).unwrap();
            let added = text.strip_prefix(&known).expect("the prompt is there");
            assert_eq!(whole.generated_text, format!("{prompt}{added}"), "{}", kind.name);

            // And it goes on from its tokens as if it had not ended.
            let (events, rest) = block_on(write(&pipeline, token_ids.clone(), Options::new()));
            let on = events.iter().map(|event| match event {
                Event::Tokens(tokens) => pieces(tokens),
                _ => String::new(),
            });
            let longer =
                pipeline.tokenizer().decode(&[token_ids, rest[0].token_ids.clone()].concat()).unwrap();
            if kind.name != "byte fallback" && !kind.name.contains("cleaned") {
                assert_eq!(rest[0].generated_text, longer, "{}", kind.name);
            }
            assert!(rest[0].generated_text.ends_with(&on.collect::<String>()), "{}", kind.name);
        }
    }
}

#[test]
fn the_texts_of_tokens_have_their_spaces_too() {
    for kind in expected().tokenizers {
        // Parts of characters are U+FFFD each; CTC writes a token that comes twice once.
        if !kind.name.starts_with("byte") && !kind.name.contains("cleaned") {
            let tokenizer = kind.load();
            for (token_ids, text) in &kind.decoded {
                assert_eq!(
                    &tokenizer.texts(token_ids).unwrap().concat(),
                    text,
                    "{}: {token_ids:?}",
                    kind.name
                );
            }
        }
        let pipeline = kind.pipeline();
        let options = Options::new().with("top_logprobs", json!(1));
        let mut run = pipeline.start("a", options, 0).unwrap();
        while let Some(event) = block_on(run.step()).unwrap() {
            let Event::Tokens(tokens) = event else { continue };
            let (likeliest, _) = tokens[0].top_logprobs[0];
            assert_eq!(likeliest, tokens[0].token_id);
            let text = run.text_instead(&tokens[0], likeliest).unwrap();
            if !kind.name.starts_with("byte") && !kind.name.contains("cleaned") {
                assert_eq!(text, tokens[0].text, "{}", kind.name);
            }
        }
    }
    let tokenizer = Tokenizer::from_json(common::TOKENIZER).unwrap();
    let part = "\u{fffd}";
    let unicorn = tokenizer.encode("a \u{1f984}").unwrap();
    let texts = tokenizer.texts(&unicorn).unwrap();
    assert_eq!(texts[0], "a");
    assert!(texts[2..].iter().all(|text| text == part), "{texts:?}");
}

#[test]
fn a_text_ends_at_the_name_of_a_token_that_is_no_text() {
    let pipeline = common::random_writer(Storage::CPU, &Device::flex());
    // The sequences that have the token somewhere, and not as the first.
    let with = |list: &[(&str, Value)]| draw(&pipeline, "Once upon", list).1;
    let length = ("max_new_tokens", json!(180));
    let not_eos = ("eos_token_id", json!([299]));
    let (seed, end) = (0..200)
        .find_map(|seed| {
            let drawn = with(&[("seed", json!(seed)), length.clone(), not_eos.clone()]);
            drawn.token_ids.iter().position(|&id| id == 0).filter(|&end| end > 0).map(|end| (seed, end))
        })
        .unwrap();
    let stop = ("stop_strings", json!(["<|endoftext|>"]));
    let drawn = with(&[("seed", json!(seed)), length, not_eos, stop]);
    assert_eq!((drawn.token_ids.len(), drawn.finish_reason), (end + 1, FinishReason::StopString));
}

#[test]
fn a_stop_string_may_begin_in_the_prompt_and_overlap_itself() {
    let tokenizer = Tokenizer::from_json(common::TOKENIZER).unwrap();
    let stops_after = |text: &str, stop: &str| {
        stops(&tokenizer, &tokenizer.encode(text).unwrap(), &[stop.to_owned()]).unwrap()
    };
    assert!(stops_after("a\n\n\n", "\n\n"));
    assert!(stops_after("aXaXa", "XaXa"));
    assert!(!stops_after("a\n\nb", "\n\n"), "what was there before does not end a text again");
}

#[test]
fn nothing_that_a_training_script_left_switched_on_acts() {
    let pad = json!({
        "strategy": {"Fixed": 32}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0,
        "pad_token": "<|endoftext|>"
    });
    let longest = json!({
        "strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": 8, "pad_id": 0, "pad_type_id": 0,
        "pad_token": "<|endoftext|>"
    });
    let cut = |direction: &str, length: u32| json!({"direction": direction, "max_length": length, "strategy": "LongestFirst", "stride": 0});
    let mut model = changed(&[])["model"].clone();
    model["dropout"] = json!(0.9);
    let plain = Tokenizer::from_json(common::TOKENIZER).unwrap();
    for changes in [
        vec![("padding", pad.clone())],
        vec![("padding", longest)],
        vec![("truncation", cut("Right", 8))],
        vec![("truncation", cut("Left", 1))],
        vec![("padding", pad), ("truncation", cut("Right", 32))],
        vec![("model", model)],
    ] {
        let json = changed(&changes).to_string();
        let files = Files::from([("tokenizer.json".to_owned(), json.clone())]);
        for tokenizer in [Tokenizer::from_json(&json).unwrap(), Tokenizer::from_files(&files).unwrap()] {
            for case in common::expected_writer().corpus {
                assert_eq!(
                    tokenizer.encode(&case.text).unwrap(),
                    case.token_ids,
                    "{changes:?}: {:?}",
                    case.text
                );
            }
            assert_eq!(tokenizer.spellings("time").unwrap(), plain.spellings("time").unwrap());
        }
    }
}

#[test]
fn bad_words_are_spelled_without_what_begins_a_text() {
    let kind = expected().tokenizers.into_iter().find(|kind| kind.name == "wordpiece").unwrap();
    let fox = kind.load().spellings("fox").unwrap();
    assert_eq!(fox, [[10], [10]]);
}

#[test]
fn a_token_without_a_row_in_the_model_is_refused_in_a_prompt_alone_and_named() {
    let added = |id: u32, content: &str| {
        json!({
            "id": id, "content": content, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false,
        })
    };
    let tokens = json!([added(0, "<|endoftext|>"), added(300, "[PAD]"), added(301, "[MORE]")]);
    let tokenizer = Tokenizer::from_json(&changed(&[("added_tokens", tokens)]).to_string()).unwrap();
    let model = common::WRITER.load_gpt2(&Device::flex(), 1000).unwrap();
    let pipeline = Pipeline::new(model, tokenizer.clone(), Defaults::default()).unwrap();
    let plain = common::writer(&Device::flex());
    let text = |pipeline: &Pipeline| block_on(write(pipeline, "Once upon a time", Options::new())).1;
    assert_eq!(text(&pipeline), text(&plain));
    for prompt in ["a [PAD] b".into(), hearth::gpt2::Prompt::Tokens(vec![65, 300])] {
        let error = pipeline.start(prompt, Options::new(), 0).unwrap_err();
        assert_eq!(error.code(), "invalid-option");
        for part in ["[PAD]", "300"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
    assert_eq!(
        pipeline.warnings(),
        [
            r#"tokenizer.json: no prompt can have what is beyond the model's vocab_size 300: "[PAD]", "[MORE]""#
        ]
    );
    assert_eq!(plain.warnings(), Vec::<String>::new());
}

#[test]
fn a_vocabulary_without_the_token_between_texts_loads_without_a_word() {
    let vocab = VOCAB.replace("<|endoftext|>", "<s>");
    let tokenizer = Tokenizer::from_vocabulary(&vocab, MERGES).unwrap();
    assert_eq!(tokenizer.encode("<|endoftext|>").unwrap(), [300], "transformers adds it");
    let model = common::WRITER.load_gpt2(&Device::flex(), 1000).unwrap();
    let pipeline = Pipeline::new(model, tokenizer, Defaults::default()).unwrap();
    assert_eq!(pipeline.warnings(), Vec::<String>::new());
    let ids = pipeline.start("Once", Options::new(), 0).unwrap().prompt_ids().to_vec();
    assert_eq!(ids, [298, 67, 69]);
}

#[test]
fn a_long_prompt_that_is_few_tokens_is_not_too_long() {
    let expected = expected();
    let kind = expected.tokenizers.iter().find(|kind| kind.name == "no decoder").unwrap();
    let pipeline = kind.pipeline();
    for prompt in ["y".repeat(5000), format!("a{}b", " ".repeat(5000))] {
        assert!(pipeline.start(&prompt, Options::new(), 0).unwrap().prompt_ids().len() < 3);
    }
}

#[test]
fn damaged_files_beside_the_tokenizer_are_named() {
    for name in ["tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"] {
        let files = [(name, "[]"), ("vocab.json", VOCAB), ("merges.txt", MERGES)];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let error = Tokenizer::from_files(&files.into()).unwrap_err();
        assert_eq!(error.code(), "unsupported-model");
        assert!(error.message().starts_with(name), "{error}");
    }
    let error = Tokenizer::from_files(&Files::new()).unwrap_err();
    assert!(matches!(&error, Error::UnsupportedModel(message) if message.contains("vocab.json")), "{error}");
}

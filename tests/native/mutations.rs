//! Files that are damaged, or that say what nobody has thought of. Each gives an error that says which file is wrong, or
//! a model that works: no panic, which in a browser ends the engine, nothing endless, no gigabytes, and no text and no
//! picture out of numbers that are none.
//!
//! A case is a file of a fixture and a seed, from which [`mutated`] makes the file anew.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use hearth::clip::Config;
use hearth::error::Error;
use hearth::gpt2::Event;
use hearth::options::Options;
use hearth::rng::{Purpose, Rng};
use pollster::block_on;
use serde_json::{Map, Value, json};

use crate::common::clip::TEXT_ENCODERS;
use crate::common::diffusion::{CLASSES, RGB};
use crate::common::digits::DIGIT_VAES;
use crate::common::files::Files;
use crate::common::{self, GANS, GPT2S, WRITER};
use crate::memory::most_bytes;

/// Mutations of each file. The variable `HEARTH_MUTATIONS` asks for more.
fn cases() -> u64 {
    std::env::var("HEARTH_MUTATIONS").map_or(1000, |cases| cases.parse().expect("it is a number"))
}

/// After this a case counts as endless. The longest takes a tenth of a second.
const TIME: Duration = Duration::from_secs(20);
/// The fixtures have some kilobytes.
const MEMORY: usize = 256 << 20;

// Mutations ------------------------------------------------------------------------------------------------------------

/// Numbers at the edges, as JSON writes them, and some that are not JSON.
const NUMBERS: [&str; 34] = [
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "0.5",
    "-0.5",
    "1.0",
    "1e-45",
    "1e-320",
    "100",
    "4096",
    "65536",
    "100000",
    "1048576",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e30",
    "1e39",
    "1e308",
    "-1e308",
    "1e400",
    "NaN",
    "Infinity",
    "-Infinity",
];

const WORDS: [&str; 22] = [
    r#""""#,
    r#"" ""#,
    r#""a""#,
    r#""0""#,
    r#""1e5""#,
    r#""NaN""#,
    r#""null""#,
    r#""true""#,
    r#""gpt2""#,
    r#""\u0000""#,
    r#""\ud800""#,
    r#""\u001b[31m""#,
    r#""\u202e""#,
    r#""\ufeff""#,
    "\"\u{1f680}\"",
    r#""../../etc""#,
    r#""<|endoftext|>""#,
    r#""[""#,
    r#""(""#,
    r#""(a+)+$""#,
    r#""\\""#,
    r#""%s""#,
];

const OTHERS: [&str; 9] = ["null", "true", "false", "[]", "{}", "[null]", "[[]]", r#"{"":null}"#, "[1,2,3]"];

/// A place in a document, from the top.
type Path = Vec<String>;

/// All places of a document.
fn places(value: &Value, at: &mut Path, all: &mut Vec<Path>) {
    all.push(at.clone());
    let children: Vec<(String, &Value)> = match value {
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        at.push(name);
        places(child, at, all);
        at.pop();
    }
}

fn get<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, name| match value {
        Value::Array(list) => &mut list[name.parse::<usize>().expect("an index")],
        value => &mut value[name.as_str()],
    })
}

/// What stands for a text that no [`Value`] can be, until the document is text.
const RAW: &str = "this stands for a raw text";

struct Dice(Rng);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0.below(u32::try_from(bound).expect("it is small")) as usize
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Any value, as text.
    fn value(&mut self) -> String {
        match self.below(10) {
            0..=3 => (*self.one_of(&NUMBERS)).to_owned(),
            4..=5 => (*self.one_of(&WORDS)).to_owned(),
            6..=7 => (*self.one_of(&OTHERS)).to_owned(),
            8 => format!("\"{}\"", self.one_of(&["a", "\u{e9}", " ", "\\n"]).repeat(100_000)),
            _ => {
                let depth = *self.one_of(&[10, 100, 10_000]);
                let (open, close) = *self.one_of(&[("[", "]"), (r#"{"a":"#, "}")]);
                format!("{}1{}", open.repeat(depth), close.repeat(depth))
            }
        }
    }

    /// A change of one place of a document.
    fn change(&mut self, document: &mut Value, raw: &mut Vec<String>) {
        let mut all = Vec::new();
        places(document, &mut Vec::new(), &mut all);
        // Most places of a tokenizer are its vocabulary's; half of the changes are among the fields above that.
        let shallow: Vec<_> = all.iter().filter(|path| path.len() <= 2).cloned().collect();
        let path = if self.below(2) == 0 { self.one_of(&shallow) } else { self.one_of(&all) }.clone();
        let mut put = |value: &mut Value, text: String| {
            *value = Value::from(format!("{RAW} {}", raw.len()));
            raw.push(text);
        };
        let Some((name, parent)) = path.split_last() else {
            return put(document, self.value());
        };
        let other = self.one_of(&all).clone();
        match self.below(9) {
            // Removed.
            0 => match get(document, parent) {
                Value::Array(list) => drop(list.remove(name.parse().expect("an index"))),
                value => drop(value.as_object_mut().expect("a parent").remove(name)),
            },
            // Under another name.
            1 => {
                if let Value::Object(map) = get(document, parent)
                    && let Some(value) = map.remove(name)
                {
                    let name = match self.below(4) {
                        0 => format!("{name} "),
                        1 => name.to_uppercase(),
                        2 => format!("{name}\u{0}"),
                        _ => String::new(),
                    };
                    map.insert(name, value);
                }
            }
            // Twice.
            2 => {
                let value = get(document, &path);
                let text = format!("{value},{}:{}", Value::from(name.as_str()), self.value());
                put(value, text);
            }
            // A scalar in a list, a list's or an object's first value without it.
            3 => {
                let value = get(document, &path);
                *value = match value.take() {
                    Value::Array(list) => list.into_iter().next().unwrap_or_default(),
                    Value::Object(map) => map.into_values().next().unwrap_or_default(),
                    scalar => json!([scalar]),
                };
            }
            // The value of another place.
            4 => {
                let value = get(document, &other).clone();
                *get(document, &path) = value;
            }
            // A field more.
            5 => {
                if let Value::Object(map) = get(document, parent) {
                    let mut value = Value::Null;
                    put(&mut value, self.value());
                    map.insert("a_field_of_tomorrow".to_owned(), value);
                }
            }
            // A number that is a little other.
            6 if get(document, &path).is_number() => {
                let value = get(document, &path);
                let number = value.as_f64().unwrap_or_default();
                let factor = *self.one_of(&[-1.0, 0.5, 2.0, 10.0, 1e6]);
                let whole = value.as_i64().map(|number| number + [-1, 1][self.below(2)]);
                *value = match whole {
                    Some(whole) if self.below(2) == 0 => whole.into(),
                    _ => (number * factor).into(),
                };
            }
            // Something else.
            _ => put(get(document, &path), self.value()),
        }
    }
}

/// Bytes that are not what they were, whatever they are.
fn damaged(mut bytes: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let at = dice.below(bytes.len().max(1));
    let somewhere = |dice: &mut Dice, len: usize| -> Range<usize> {
        let from = dice.below(len.max(1));
        from..(from + dice.below(40)).min(len)
    };
    match dice.below(11) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, *dice.one_of(b"\0\"{}[],: 9\xff\xc3")),
        2 => bytes.extend_from_within(..),
        3 => drop(bytes.splice(0..0, *b"\xef\xbb\xbf")),
        4 => bytes = b"<!DOCTYPE html><html><body>Not found</body></html>".to_vec(),
        5 => {
            bytes =
                dice.one_of(&["", " ", "null", "[]", "3", "\"\"", "{}", "{", "\u{feff}"]).as_bytes().to_vec();
        }
        6 => bytes = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".to_vec(),
        7 => bytes = bytes.iter().flat_map(|&byte| [byte, 0]).collect(), // UTF-16
        8 => {
            let range = somewhere(dice, bytes.len());
            bytes.drain(range);
        }
        9 => {
            let range = somewhere(dice, bytes.len());
            bytes[range].reverse();
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
    bytes
}

/// A document with one to three changes, or with damaged bytes.
fn mutated(text: &str, seed: u64) -> Vec<u8> {
    let mut dice = Dice(Rng::new(seed, Purpose::Latents));
    let parsed = serde_json::from_str::<Value>(text).ok().filter(|_| dice.below(5) > 0);
    let Some(mut document) = parsed else {
        return damaged(text.as_bytes().to_vec(), &mut dice);
    };
    let mut raw = Vec::new();
    for _ in 0..*dice.one_of(&[1, 1, 1, 2, 3]) {
        dice.change(&mut document, &mut raw);
    }
    // A change may have replaced what an earlier one did, so the last come first.
    raw.iter()
        .enumerate()
        .rev()
        .fold(document.to_string(), |text, (index, raw_text)| {
            text.replace(&format!("\"{RAW} {index}\""), raw_text)
        })
        .into_bytes()
}

// Cases ----------------------------------------------------------------------------------------------------------------

/// What a person needs to see of a mutation: where it begins to differ from what was there, escaped.
fn shown(bytes: &[u8], base: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    // Changes of fields come out with the fields in order and without blanks.
    let base =
        serde_json::from_str::<Value>(base).map_or_else(|_| base.to_owned(), |value| value.to_string());
    let same = text.chars().zip(base.chars()).take_while(|(new, old)| new == old).count();
    let part: String = text.chars().skip(same.saturating_sub(60)).take(300).collect();
    format!("{} bytes, other from {same} on: …{}…", bytes.len(), part.escape_debug())
}

/// What a case came to.
type Outcome = Result<(), Stage>;

/// Where a case ended with an error.
enum Stage {
    Loading(Error),
    Calling(Error),
}

/// Tries mutations of a folder's `file`. `bases`: what that file may be, by turns.
fn each_mutation_is_an_error_or_works(
    folder: &Files,
    file: &str,
    bases: &[String],
    run: impl Fn(&Files) -> Outcome,
) {
    for base in bases {
        assert!(run(&folder.clone().with(file, base.as_str())).is_ok(), "{file} works as it is: {base}");
    }
    let (started, starts) = channel::<Option<(u64, String)>>();
    let watch = thread::spawn(move || {
        let mut case = starts.recv().ok().flatten();
        while let Some((seed, text)) = case {
            case = match starts.recv_timeout(TIME) {
                Ok(next) => next,
                Err(RecvTimeoutError::Disconnected) => None,
                Err(RecvTimeoutError::Timeout) => {
                    // There is no other way to end it.
                    eprintln!("seed {seed} takes more than {TIME:?}: {text}");
                    std::process::exit(1);
                }
            };
        }
    });
    let (mut worked, mut failures) = (0, Vec::new());
    for seed in 0..cases() {
        let base = &bases[usize::try_from(seed).expect("it is small") % bases.len()];
        let bytes = mutated(base, seed);
        let text = shown(&bytes, base);
        started.send(Some((seed, text.clone()))).expect("the watch is there");
        let folder = folder.clone().with(file, bytes);
        let (outcome, most) = most_bytes(|| catch_unwind(AssertUnwindSafe(|| run(&folder))));
        let mut failed = |what: String| failures.push(format!("{file}, seed {seed}: {what}\n    {text}"));
        if most > MEMORY {
            failed(format!("{most} bytes of memory"));
        }
        match outcome {
            Ok(Ok(())) => worked += 1,
            Ok(Err(Stage::Loading(error))) => {
                let names = folder.names().map(|name| name.rsplit('/').next().unwrap_or(name));
                let says =
                    names.chain(["tokenizer", "header", "tensor"]).any(|name| error.message().contains(name));
                let coded = matches!(
                    error.code(),
                    "unsupported-model" | "weights-mismatch" | "weights-invalid" | "weights-truncated"
                );
                if !says || !coded {
                    failed(format!("{error}"));
                }
                if error.message().len() > 2000 {
                    failed(format!("a message of {} bytes", error.message().len()));
                }
            }
            Ok(Err(Stage::Calling(error))) => {
                let named =
                    ["invalid-option", "prompt-too-long", "unsupported-model"].contains(&error.code());
                // A config can ask for numbers that are too large on their way.
                if !named && !error.message().contains("NaN or infinity") {
                    failed(format!("a call: {error}"));
                }
            }
            Err(panic) => {
                let message = panic.downcast_ref::<String>().cloned();
                let message = message.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
                failed(format!("a panic: {message:?}"));
            }
        }
    }
    drop(started);
    watch.join().expect("the watch ends");
    let count = failures.len();
    let first = failures.into_iter().take(12).collect::<Vec<_>>().join("\n");
    assert_eq!(count, 0, "{count} of {} fail, {worked} work. The first:\n{first}", cases());
    assert!(worked > 0, "some mutations change nothing that matters");
}

/// The prompt has what the tokenizers of the fixtures know, and what they do not.
const PROMPT: &str = "Once w5 upon\u{1f680}";

/// Writes a few tokens.
fn write(files: &Files) -> Outcome {
    let pipeline = files.gpt2().map_err(Stage::Loading)?;
    let options = Options::new().with("stop_strings", json!(["zq"])).with("bad_words", json!(["w7"]));
    let mut run = pipeline.start(PROMPT, options, 1).map_err(Stage::Calling)?;
    let vocab_size = pipeline.model().config().vocab_size;
    for id in run.prompt_ids() {
        assert!((*id as usize) < vocab_size, "the prompt has token {id}");
    }
    for _ in 0..5 {
        match block_on(run.step()).map_err(Stage::Calling)? {
            Some(Event::Tokens(tokens)) => {
                for token in tokens {
                    assert!((token.token_id as usize) < vocab_size, "token {} came", token.token_id);
                    assert!(
                        token.logprob.is_finite() && token.logprob <= 0.0,
                        "its logprob is {}",
                        token.logprob
                    );
                }
            }
            Some(_) => {}
            None => break,
        }
    }
    Ok(())
}

/// Draws a picture in two steps.
fn paint(files: &Files) -> Outcome {
    let pipeline = files.diffusion().map_err(Stage::Loading)?;
    let options = Options::new().with("num_inference_steps", json!(2));
    let mut run = pipeline.start(options, 1).map_err(Stage::Calling)?;
    while let Some(event) = block_on(run.step()).map_err(Stage::Calling)? {
        if let hearth::diffusion::Event::Complete(pictures) = event {
            assert!(pictures.pixels.iter().all(|pixel| pixel.is_finite()), "pixels that are no numbers");
        }
    }
    Ok(())
}

/// Draws a digit.
fn draw(files: &Files) -> Outcome {
    let pipeline = files.gan().map_err(Stage::Loading)?;
    let mut run = pipeline.start(Options::new(), 1).map_err(Stage::Calling)?;
    while let Some(digits) = block_on(run.step()).map_err(Stage::Calling)? {
        assert!(digits.pixels.iter().all(|pixel| pixel.is_finite()), "pixels that are no numbers");
    }
    Ok(())
}

/// Draws a digit of a map, and finds it there.
fn map(files: &Files) -> Outcome {
    let pipeline = files.digits().map_err(Stage::Loading)?;
    let mut run = pipeline.start(Options::new(), 1).map_err(Stage::Calling)?;
    while let Some(digits) = block_on(run.step()).map_err(Stage::Calling)? {
        assert!(digits.pixels.iter().all(|pixel| pixel.is_finite()), "pixels that are no numbers");
    }
    let size = pipeline.config().image_size;
    block_on(pipeline.encode(&vec![255; 4 * size * size])).map_err(Stage::Calling)?;
    Ok(())
}

fn text_folder() -> Files {
    Files::default()
        .with("config.json", WRITER.config)
        .with("tokenizer.json", common::TOKENIZER)
        .with("model.safetensors", WRITER.files[0].1)
}

fn pictures_folder(folder: &common::diffusion::Folder) -> Files {
    Files::default()
        .with("model_index.json", folder.index)
        .with("unet/config.json", folder.unet)
        .with("scheduler/scheduler_config.json", folder.scheduler)
        .with("unet/diffusion_pytorch_model.safetensors", folder.weights)
}

#[test]
fn the_config_of_a_gpt2() {
    let bases = [WRITER.config.to_owned()];
    each_mutation_is_an_error_or_works(&text_folder(), "config.json", &bases, write);
}

#[test]
fn a_generation_config() {
    let base = json!({
        "_from_model_config": true, "bos_token_id": 0, "eos_token_id": [0, 5], "pad_token_id": 0,
        "do_sample": true, "temperature": 0.8, "top_k": 20, "top_p": 0.9, "min_p": 0.01, "typical_p": 0.95,
        "repetition_penalty": 1.1, "no_repeat_ngram_size": 3, "max_new_tokens": 8, "min_new_tokens": 1,
        "transformers_version": "5.23.0",
    });
    let beams = json!({
        "bos_token_id": 0, "eos_token_id": 0, "max_length": 40, "num_beams": 3, "num_return_sequences": 2,
        "early_stopping": true, "length_penalty": 0.5, "no_repeat_ngram_size": 2,
    });
    let bases = [base.to_string(), beams.to_string()];
    each_mutation_is_an_error_or_works(&text_folder(), "generation_config.json", &bases, |files| {
        let outcome = write(files);
        let json = serde_json::from_slice(files.bytes("generation_config.json")).unwrap_or_default();
        if let (Some(field), Ok(())) = (nonsense(&json), &outcome) {
            panic!("{field} is {}, and a text came", json[field]);
        }
        outcome
    });
}

/// A field whose number transformers refuses.
fn nonsense(config: &Value) -> Option<&'static str> {
    let samples = config["do_sample"] == true;
    let wrong = |field: &str, right: &dyn Fn(f64) -> bool| config[field].as_f64().is_some_and(|n| !right(n));
    let share = |number: f64| (0.0..=1.0).contains(&number);
    let positive = |number: f64| number > 0.0;
    [
        ("repetition_penalty", wrong("repetition_penalty", &positive)),
        ("temperature", samples && wrong("temperature", &positive)),
        ("top_p", samples && wrong("top_p", &share)),
        ("min_p", samples && wrong("min_p", &share)),
        ("top_k", samples && wrong("top_k", &|number| number >= 0.0)),
    ]
    .into_iter()
    .find_map(|(field, wrong)| wrong.then_some(field))
}

#[test]
fn a_tokenizer_json() {
    let bases = tokenizers();
    each_mutation_is_an_error_or_works(&text_folder(), "tokenizer.json", &bases, write);
}

/// Byte-level, WordLevel with Metaspace, WordPiece, Unigram and pairs of characters: what the GPT-2s of the Hub have, and
/// every part that the crate has besides.
fn tokenizers() -> Vec<String> {
    let special = |id: u32, content: &str| {
        json!({ "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true })
    };
    let words = |prefix: &str| -> Map<String, Value> {
        let named =
            [("</s>", 0), ("<unk>", 1), ("[UNK]", 2)].map(|(word, id)| (word.to_owned(), Value::from(id)));
        named.into_iter().chain((3..40).map(|id| (format!("{prefix}w{id}"), Value::from(id)))).collect()
    };
    let metaspace =
        json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true });
    let template = json!({
        "type": "TemplateProcessing",
        "single": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "</s>", "type_id": 0 } }],
        "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 1 } }],
        "special_tokens": { "</s>": { "id": "</s>", "ids": [0], "tokens": ["</s>"] } },
    });
    let pieces: Vec<Value> = words("▁").into_iter().map(|(word, _)| json!([word, -2.5])).collect();
    let word_level = json!({
        "version": "1.0", "truncation": { "direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0 },
        "padding": { "strategy": { "Fixed": 8 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
            "pad_type_id": 0, "pad_token": "</s>" },
        "added_tokens": [special(0, "</s>"), special(40, "[PAD]")], "normalizer": null,
        "pre_tokenizer": metaspace, "post_processor": null, "decoder": metaspace,
        "model": { "type": "WordLevel", "vocab": words("▁"), "unk_token": "<unk>" },
    });
    let word_piece = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special(0, "</s>")],
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true },
            { "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " },
        ] },
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "BertPreTokenizer" },
            { "type": "Split", "pattern": { "String": "," }, "behavior": "Isolated", "invert": false },
        ] },
        "post_processor": template,
        "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": words("") },
    });
    let unigram = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special(0, "</s>")],
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "NFKC" }, { "type": "Prepend", "prepend": "▁" },
            { "type": "Replace", "pattern": { "String": " " }, "content": "▁" },
        ] },
        "pre_tokenizer": null, "post_processor": template,
        "decoder": { "type": "Sequence", "decoders": [
            { "type": "Replace", "pattern": { "String": "▁" }, "content": " " }, { "type": "ByteFallback" },
            { "type": "Fuse" }, { "type": "Strip", "content": " ", "start": 1, "stop": 0 },
        ] },
        "model": { "type": "Unigram", "unk_id": 1, "vocab": pieces, "byte_fallback": false },
    });
    let char_bpe = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special(0, "</s>")],
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "Precompiled", "precompiled_charsmap": format!("AAQA{}=", "A".repeat(1367)) },
            { "type": "Strip", "strip_left": true, "strip_right": true }, { "type": "StripAccents" },
            { "type": "NFD" }, { "type": "Lowercase" }, { "type": "Nmt" },
        ] },
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "WhitespaceSplit" }, { "type": "Digits", "individual_digits": true },
            { "type": "Punctuation", "behavior": "Isolated" }, { "type": "UnicodeScripts" },
            { "type": "CharDelimiterSplit", "delimiter": "-" }, { "type": "FixedLength", "length": 5 },
        ] },
        "post_processor": { "type": "BertProcessing", "sep": ["</s>", 0], "cls": ["</s>", 0] },
        "decoder": { "type": "Sequence", "decoders": [
            { "type": "BPEDecoder", "suffix": "</w>" },
            { "type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true },
        ] },
        "model": { "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": "##",
            "end_of_word_suffix": "</w>", "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
            "vocab": { "</s>": 0, "<unk>": 1, "o": 2, "##n": 3, "##ce</w>": 4, "on": 5, "once</w>": 6, "p</w>": 7 },
            "merges": ["o ##n", "on ##ce</w>"] },
    });
    let others = [word_level, word_piece, unigram, char_bpe].map(|tokenizer| tokenizer.to_string());
    std::iter::once(common::TOKENIZER.to_owned()).chain(others).collect()
}

#[test]
fn what_the_tokenizers_crate_panics_at_is_refused() {
    let bases: Vec<Value> =
        tokenizers().iter().map(|text| serde_json::from_str(text).expect("it is JSON")).collect();
    let [_, words, pieces, unigram, pairs] = bases.as_slice() else { panic!("five tokenizers") };
    let changed = |base: &Value, pointer: &str, value: Value| {
        let mut base = base.clone();
        *base.pointer_mut(pointer).expect("it is there") = value;
        base.to_string()
    };
    let charsmap = "/normalizer/normalizers/0/precompiled_charsmap";
    let cases = [
        // The decoder is no JSON.
        words.to_string().replace(r#""decoder":{"#, r#""decoder":{"a":1e400,"#),
        words.to_string().replace(r#""decoder":{"#, r#""decoder":{"a":NaN,"#),
        words.to_string().split_once(r#""prepend_scheme""#).expect("it has one").0.to_owned(),
        // A token that the template does not describe, and a text that is not there.
        changed(pieces, "/post_processor/special_tokens", json!({})),
        changed(pieces, "/post_processor/single/0/Sequence/id", json!("B")),
        // Words shorter than what is taken from them.
        changed(unigram, "/decoder/decoders/3/stop", json!(2)),
        changed(pairs, "/model/continuing_subword_prefix", json!("#####")),
        changed(pairs, "/pre_tokenizer/pretokenizers/5/length", json!(0)),
        // Characters' replacements that are no base64, or whose search leads outside.
        changed(pairs, charsmap, Value::Null),
        changed(pairs, charsmap, json!("AAQ")),
        changed(pairs, charsmap, json!("AAAA")),
        changed(pairs, charsmap, json!("BAAAAAAEAAA=")),
        changed(pairs, charsmap, json!(format!("AAQA{}/w==", "A".repeat(1364)))),
    ];
    for (index, case) in cases.into_iter().enumerate() {
        let error = text_folder().with("tokenizer.json", case.as_str()).gpt2().expect_err("it is refused");
        assert_eq!(error.code(), "unsupported-model", "case {index}: {case}");
        assert!(error.message().starts_with("tokenizer.json: "), "case {index}: {error}");
    }
}

#[test]
fn a_vocab_json() {
    let (vocab, merges) = vocabulary();
    let folder = text_folder().without("tokenizer.json").with("merges.txt", merges);
    each_mutation_is_an_error_or_works(&folder, "vocab.json", &[vocab], write);
}

#[test]
fn a_merges_txt() {
    let (vocab, merges) = vocabulary();
    let folder = text_folder().without("tokenizer.json").with("vocab.json", vocab);
    each_mutation_is_an_error_or_works(&folder, "merges.txt", &[merges], write);
}

#[test]
fn the_files_beside_a_vocabulary() {
    let (vocab, merges) = vocabulary();
    let token = |content: &str, special: bool| {
        json!({ "content": content, "lstrip": false, "normalized": true, "rstrip": false, "single_word": false,
            "special": special })
    };
    let config = json!({
        "add_bos_token": false, "add_prefix_space": false, "bos_token": token("<|endoftext|>", true),
        "clean_up_tokenization_spaces": true, "eos_token": "<|endoftext|>", "errors": "replace",
        "extra_special_tokens": ["zq"], "model_max_length": 1024, "pad_token": null,
        "tokenizer_class": "GPT2Tokenizer", "unk_token": "<|endoftext|>",
    });
    let mut of_today = config.clone();
    of_today["added_tokens_decoder"] =
        json!({ "0": token("<|endoftext|>", true), "299": token("w8", false) });
    let map = json!({ "bos_token": "<|endoftext|>", "additional_special_tokens": ["w8"], "pad_token": token("w9", true) });
    let folder = text_folder().without("tokenizer.json").with("vocab.json", vocab).with("merges.txt", merges);
    let bases = [of_today.to_string(), config.to_string()];
    each_mutation_is_an_error_or_works(&folder, "tokenizer_config.json", &bases, write);
    let folder = folder.with("tokenizer_config.json", config.to_string());
    let added = json!({ "w8": 300, "w9": 301 }).to_string();
    each_mutation_is_an_error_or_works(&folder, "added_tokens.json", &[added], write);
    each_mutation_is_an_error_or_works(&folder, "special_tokens_map.json", &[map.to_string()], write);
}

fn vocabulary() -> (String, String) {
    (
        include_str!("../fixtures/gpt2/writer/vocab.json").to_owned(),
        include_str!("../fixtures/gpt2/writer/merges.txt").to_owned(),
    )
}

#[test]
fn the_config_of_a_text_encoder() {
    let of = |name: &str| TEXT_ENCODERS.iter().find(|fixture| fixture.name == name).expect("it exists");
    for fixture in ["clip/prefixed", "clip/whole"].map(of) {
        let folder = Files::default().with("text_encoder/model.safetensors", fixture.files[0].1);
        each_mutation_is_an_error_or_works(&folder, Config::FILE, &[fixture.config.to_owned()], embed);
    }
}

fn embed(files: &Files) -> Outcome {
    let model = files.text_encoder().map_err(Stage::Loading)?;
    for clip_skip in 0..3 {
        model.config().check_call(3, clip_skip).map_err(Stage::Calling)?;
        let embeddings = block_on(common::read(model.encode(&[vec![0, 7, 59]], clip_skip)));
        assert_eq!(embeddings.len(), 3 * model.config().hidden_size);
    }
    Ok(())
}

#[test]
fn the_files_of_a_clip_tokenizer() {
    let parts = [
        ("stable diffusion 1", "vocab.json"),
        ("stable diffusion 1", "merges.txt"),
        ("of transformers 4.40", "tokenizer_config.json"),
        ("tokenizer.json with a learned token", "tokenizer.json"),
    ];
    let all = common::clip::tokenizers();
    for (name, file) in parts {
        let of = all.iter().find(|of| of.name == name).expect("it exists");
        let files = of.files();
        let within = |name: &str| format!("tokenizer/{name}");
        let folder =
            files.iter().fold(Files::default(), |all, (name, text)| all.with(&within(name), text.as_str()));
        each_mutation_is_an_error_or_works(&folder, &within(file), &[files[file].clone()], tokenize);
    }
}

fn tokenize(files: &Files) -> Outcome {
    let tokenizer = files.clip_tokenizer().map_err(Stage::Loading)?;
    let config = Config::from_json("{}").map_err(Stage::Loading)?;
    tokenizer.check_model(&config).map_err(Stage::Loading)?;
    for text in ["", PROMPT, "A \u{1f98a}'s <|endoftext|>, \u{130}e\u{301}!"] {
        let prompt = tokenizer.encode(text).map_err(Stage::Calling)?;
        assert_eq!(prompt.token_ids.len(), tokenizer.max_length());
        assert!(prompt.token_ids.iter().all(|&id| (id as usize) < config.vocab_size));
        assert!(prompt.words.iter().all(|word| !word.tokens.is_empty()));
    }
    Ok(())
}

#[test]
fn a_scheduler_config() {
    let saved: Map<String, Value> =
        serde_json::from_str(include_str!("../fixtures/diffusion/schedulers/saved.json"))
            .expect("it is JSON");
    // PNDM's first steps are more than two otherwise.
    let saved = saved.values().filter_map(Value::as_str);
    let bases: Vec<String> =
        saved.map(|text| text.replace(r#"prk_steps": false"#, r#"prk_steps": true"#)).collect();
    each_mutation_is_an_error_or_works(
        &pictures_folder(&RGB),
        "scheduler/scheduler_config.json",
        &bases,
        paint,
    );
}

#[test]
fn a_model_index() {
    let bases = [CLASSES.index.to_owned()];
    each_mutation_is_an_error_or_works(&pictures_folder(&CLASSES), "model_index.json", &bases, paint);
}

#[test]
fn the_config_of_a_unet() {
    let bases = [CLASSES.unet.to_owned()];
    each_mutation_is_an_error_or_works(&pictures_folder(&CLASSES), "unet/config.json", &bases, paint);
}

#[test]
fn the_config_of_a_gan() {
    let fixture = &GANS[0];
    let folder = Files::default().with("model.safetensors", fixture.files[0].1);
    each_mutation_is_an_error_or_works(&folder, "config.json", &[fixture.config.to_owned()], draw);
}

#[test]
fn the_config_of_a_vae_of_digits() {
    let fixture = &DIGIT_VAES[0];
    let folder = Files::default().with("model.safetensors", fixture.files[0].1);
    each_mutation_is_an_error_or_works(&folder, "config.json", &[fixture.config.to_owned()], map);
}

#[test]
fn an_index_of_shards() {
    let fixture = GPT2S.iter().find(|fixture| fixture.name == "gpt2/sharded").expect("it exists");
    // That fixture has no tokenizer; a word or two will do for its vocabulary.
    let tokenizer = json!({
        "added_tokens": [], "pre_tokenizer": { "type": "Whitespace" },
        "model": { "type": "WordLevel", "vocab": { "Once": 1, "<unk>": 0 }, "unk_token": "<unk>" },
    });
    let folder = fixture.files.iter().fold(
        Files::default().with("config.json", fixture.config).with("tokenizer.json", tokenizer.to_string()),
        |files, (name, bytes)| files.with(name, *bytes),
    );
    let index = include_str!("../fixtures/gpt2/sharded/model.safetensors.index.json").to_owned();
    each_mutation_is_an_error_or_works(&folder, "model.safetensors.index.json", &[index], write);
}

#[test]
fn a_header_of_weights() {
    let (prefix, rest) = WRITER.files[0].1.split_at(8);
    let len = u64::from_le_bytes(prefix.try_into().expect("eight bytes"));
    let (header, data) = rest.split_at(usize::try_from(len).expect("it is small"));
    let header = String::from_utf8(header.to_vec()).expect("a header is text");
    let with_header = |files: &Files| {
        let header = files.bytes("model.safetensors").to_vec();
        let file = [&(header.len() as u64).to_le_bytes(), header.as_slice(), data].concat();
        write(&files.clone().with("model.safetensors", file))
    };
    each_mutation_is_an_error_or_works(&text_folder(), "model.safetensors", &[header], with_header);
}

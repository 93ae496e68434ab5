//! Text on the CPU: the tokenizer, what generation writes beside transformers, its options.

use std::collections::BTreeMap;

use burn::tensor::Device;
use hearth::error::Error;
use hearth::gpt2::{Defaults, Event, FinishReason, Generation, Pipeline, Sequence, process};
use hearth::options::Options;
use hearth::tokenizer::Tokenizer;
use hearth::weights::Storage;
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::{self, expected_writer, options_of, write, writer};

const PROMPT: &str = "Once upon a time";

fn pipeline() -> Pipeline {
    writer(&Device::flex())
}

fn options(list: &[(&str, Value)]) -> Options {
    list.iter().fold(Options::new(), |all, (name, value)| all.with(name, value.clone()))
}

fn sequences(pipeline: &Pipeline, list: &[(&str, Value)]) -> Vec<Sequence> {
    block_on(write(pipeline, PROMPT, options(list))).1
}

/// The message of a call that must be refused.
fn refused(pipeline: &Pipeline, list: &[(&str, Value)]) -> String {
    match pipeline.start(PROMPT, options(list), 0) {
        Err(Error::InvalidOption(message)) => message,
        other => panic!("expected invalid-option, got {other:?}"),
    }
}

#[test]
fn the_same_tokens_come_as_from_transformers() {
    block_on(common::assert_writes_as_transformers(&Device::flex()));
}

#[test]
fn processed_scores_are_those_of_transformers_entry_by_entry() {
    let (pipeline, expected) = (pipeline(), expected_writer());
    for case in &expected.processed {
        let options = options_of(&case.options).with("do_sample", json!(true));
        let (config, tokenizer) = (pipeline.model().config(), pipeline.tokenizer());
        let prompt_len = expected.prompt_ids.len();
        let generation =
            Generation::read(options, &Defaults::default(), config, tokenizer, prompt_len, 0).unwrap();
        let mut scores = expected.logits.clone();
        process(&mut scores, &expected.token_ids, prompt_len, &generation);
        for (token, (got, expected)) in scores.iter().zip(&case.scores).enumerate() {
            match expected {
                None => assert!(got.is_infinite() && *got < 0.0, "{:?}: token {token}", case.options),
                Some(expected) => assert!((got - expected).abs() < 1e-5, "{:?}: token {token}", case.options),
            }
        }
    }
}

#[test]
fn the_tokenizer_agrees_with_transformers_on_a_hard_corpus() {
    let tokenizer = Tokenizer::from_json(common::TOKENIZER).unwrap();
    for case in expected_writer().corpus {
        let token_ids = tokenizer.encode(&case.text).unwrap();
        assert_eq!(token_ids, case.token_ids, "{:?}", case.text);
        assert_eq!(tokenizer.decode(&token_ids).unwrap(), case.decoded);
    }
}

#[test]
fn vocabulary_and_merges_make_the_same_tokenizer() {
    let tokenizer = Tokenizer::from_vocabulary(
        include_str!("../fixtures/gpt2/writer/vocab.json"),
        include_str!("../fixtures/gpt2/writer/merges.txt"),
    )
    .unwrap();
    for case in expected_writer().corpus {
        assert_eq!(tokenizer.encode(&case.text).unwrap(), case.token_ids, "{:?}", case.text);
    }
    assert_eq!(tokenizer.vocab_size(), 300);
}

#[test]
fn a_damaged_tokenizer_or_one_of_another_model_is_refused() {
    for json in ["", "<html>", "{}", r#"{"model": 3}"#] {
        assert_eq!(Tokenizer::from_json(json).unwrap_err().code(), "unsupported-model");
    }
    assert_eq!(Tokenizer::from_vocabulary("[]", "").unwrap_err().code(), "unsupported-model");
    assert_eq!(Tokenizer::from_vocabulary(r#"{"a":0}"#, "ab").unwrap_err().code(), "unsupported-model");
    let small = common::GPT2S[0].load_gpt2(&Device::flex(), 4096).unwrap();
    let tokenizer = Tokenizer::from_json(common::TOKENIZER).unwrap();
    let error = Pipeline::new(small, tokenizer, Defaults::default()).unwrap_err();
    assert_eq!(error.code(), "unsupported-model");
    assert!(error.message().contains("300") && error.message().contains("37"), "{error}");
}

#[test]
fn the_pieces_of_a_stream_are_the_text_and_never_half_a_character() {
    let (pipeline, prompt) = (pipeline(), "\u{1f680} \u{4eba}");
    // The model's tokens are bytes for the most part, drawn at random. Bytes that are no character are U+FFFD in the text too.
    let is_split = |pieces: &[&str]| {
        let first = pieces[1].chars().next().unwrap_or('\0');
        pieces[0].is_empty() && !first.is_ascii() && first != char::REPLACEMENT_CHARACTER
    };
    let mut split_characters = 0;
    for seed in 0..20 {
        let options = options(&[("do_sample", json!(true)), ("seed", json!(seed)), ("top_k", json!(0))]);
        let (events, sequences) = block_on(write(&pipeline, prompt, options));
        let tokens: Vec<_> = events
            .into_iter()
            .flat_map(|event| match event {
                Event::Tokens(tokens) => tokens,
                _ => Vec::new(),
            })
            .collect();
        let ids: Vec<_> = tokens.iter().map(|token| token.token_id).collect();
        assert_eq!(ids, sequences[0].token_ids);
        let pieces: Vec<_> = tokens.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(prompt.to_owned() + &pieces.concat(), sequences[0].generated_text);
        assert_eq!(pieces.concat(), pipeline.tokenizer().decode(&ids).unwrap());
        split_characters += pieces.windows(2).filter(|pieces| is_split(pieces)).count();
    }
    assert!(split_characters > 0, "some characters are spread over tokens");
}

#[test]
fn a_seed_gives_the_same_text_again_also_after_other_calls_and_another_seed_another() {
    let pipeline = pipeline();
    let of = |seed: u64| sequences(&pipeline, &[("do_sample", json!(true)), ("seed", json!(seed))]);
    let first = of(1);
    assert_ne!(of(2), first);
    assert_eq!(of(1), first);
}

#[test]
fn the_first_sequences_of_many_are_those_of_few() {
    let pipeline = pipeline();
    let of = |count: u64| {
        sequences(
            &pipeline,
            &[("do_sample", json!(true)), ("seed", json!(1)), ("num_return_sequences", json!(count))],
        )
    };
    let (few, many) = (of(2), of(5));
    assert_eq!(few[..], many[..2]);
    assert_ne!(many[0], many[1]);
}

#[test]
fn tokens_are_drawn_as_often_as_their_probabilities_say() {
    let pipeline = pipeline();
    let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
    let mut probs: BTreeMap<u32, f32> = BTreeMap::new();
    for seed in 0..40 {
        let list = [
            ("do_sample", json!(true)),
            ("top_k", json!(4)),
            ("max_new_tokens", json!(1)),
            ("num_return_sequences", json!(64)),
            ("top_logprobs", json!(4)),
            ("seed", json!(seed)),
        ];
        let (events, _) = block_on(write(&pipeline, PROMPT, options(&list)));
        let Some(Event::Tokens(tokens)) = events.last() else { panic!("a token comes") };
        for token in tokens {
            *counts.entry(token.token_id).or_default() += 1.0;
            probs = token.top_logprobs.iter().map(|&(id, logprob)| (id, logprob.exp())).collect();
        }
    }
    let total: f32 = probs.values().sum();
    for (id, prob) in probs {
        let (expected, got) = (prob / total, counts.get(&id).copied().unwrap_or(0.0) / 2560.0);
        assert!((expected - got).abs() < 0.04, "token {id}: {got} instead of {expected}");
    }
    assert!(counts.len() <= 4);
}

#[test]
fn beams_can_be_drawn_too() {
    let pipeline = pipeline();
    let of = |seed: u64| {
        let list = [
            ("num_beams", json!(3)),
            ("do_sample", json!(true)),
            ("seed", json!(seed)),
            ("num_return_sequences", json!(2)),
        ];
        sequences(&pipeline, &list)
    };
    assert_eq!(of(1), of(1));
    assert!((2..9).any(|seed| of(seed) != of(1)));
}

#[test]
fn a_text_ends_for_a_reason() {
    let pipeline = pipeline();
    let reason = |list: &[(&str, Value)]| sequences(&pipeline, list)[0].finish_reason;
    assert_eq!(reason(&[]), FinishReason::Length);
    assert_eq!(reason(&[("eos_token_id", json!(200))]), FinishReason::EosToken);
    assert_eq!(reason(&[("stop_strings", json!("14"))]), FinishReason::StopString);
    // The context has 48 tokens, of which the prompt takes 14.
    assert_eq!(sequences(&pipeline, &[("max_new_tokens", json!(1000))])[0].token_ids.len(), 34);
}

#[test]
fn the_prompt_comes_back_only_when_it_is_wanted() {
    let pipeline = pipeline();
    let full = &sequences(&pipeline, &[])[0].generated_text;
    let rest = &sequences(&pipeline, &[("return_full_text", json!(false))])[0].generated_text;
    assert_eq!(full, &format!("{PROMPT}{rest}"));
}

#[test]
fn an_empty_prompt_starts_from_the_token_that_begins_texts() {
    let pipeline = pipeline();
    let run = pipeline.start("", Options::new(), 0).unwrap();
    assert_eq!(run.prompt_ids(), [0]);
    assert_eq!(block_on(write(&pipeline, "", Options::new())).1[0].token_ids.len(), 47);
}

#[test]
fn a_prompt_that_fills_the_context_is_refused_with_both_numbers() {
    let error = pipeline().start(&"\u{4eba}".repeat(200), Options::new(), 0).unwrap_err();
    assert_eq!(error.code(), "prompt-too-long");
    assert!(error.message().contains("48"), "{error}");
    let huge = pipeline().start(&"word ".repeat(2_000_000), Options::new(), 0).unwrap_err();
    assert_eq!(huge.code(), "prompt-too-long");
}

#[test]
fn contradictory_unknown_and_absurd_options_are_refused_by_name() {
    let pipeline = pipeline();
    let sampling = ("do_sample", json!(true));
    let cases: [&[(&str, Value)]; 26] = [
        &[("max_length", json!(20)), ("max_new_tokens", json!(5))],
        &[("max_length", json!(14))],
        &[("max_new_tokens", json!(0))],
        &[("min_new_tokens", json!(9)), ("max_new_tokens", json!(8))],
        &[("temperature", json!(0.5))],
        &[("temperature", json!(0)), sampling.clone()],
        &[("top_k", json!(-1)), sampling.clone()],
        &[("top_k", json!(5))],
        &[("top_p", json!(1.1)), sampling.clone()],
        &[("min_p", json!(-0.1)), sampling.clone()],
        &[("typical_p", json!("x")), sampling.clone()],
        &[("repetition_penalty", json!(0))],
        &[("no_repeat_ngram_size", json!(1.5))],
        &[("exponential_decay_length_penalty", json!(1.1))],
        &[("exponential_decay_length_penalty", json!([5, 101]))],
        &[("bad_words", json!([""]))],
        &[("bad_words", json!(3))],
        &[("num_beams", json!(0))],
        &[("length_penalty", json!(1.0))],
        &[("early_stopping", json!("sometimes")), ("num_beams", json!(2))],
        &[("num_return_sequences", json!(2))],
        &[("num_return_sequences", json!(3)), ("num_beams", json!(2))],
        &[("eos_token_id", json!(300))],
        &[("stop_strings", json!([1]))],
        &[("return_full_text", json!("yes"))],
        &[("temprature", json!(1))],
    ];
    for case in cases {
        let message = refused(&pipeline, case);
        assert!(message.contains(case[0].0), "{case:?}: {message}");
    }
}

#[test]
fn a_generation_config_gives_other_defaults() {
    let defaults = Defaults::from_json(
        r#"{"max_new_tokens": 7, "do_sample": true, "top_k": 1, "eos_token_id": [1, 200], "_from_model_config": true}"#,
    )
    .unwrap();
    let config = pipeline().model().config().clone();
    let tokenizer = Tokenizer::from_json(common::TOKENIZER).unwrap();
    let read = |list: &[(&str, Value)]| {
        Generation::read(options(list), &defaults, &config, &tokenizer, 5, 0).unwrap()
    };
    let generation = read(&[]);
    assert_eq!((generation.max_new_tokens, generation.sampling.unwrap().top_k), (7, 1));
    assert_eq!(generation.eos_token_ids, [1, 200]);
    assert_eq!(read(&[("do_sample", json!(false))]).sampling, None);
    assert!(Defaults::from_json("<html>").is_err());
}

#[test]
fn a_long_prompt_is_read_in_steps_that_report_their_progress() {
    let pipeline = common::random_writer(Storage::CPU, &Device::flex());
    let prompt: Vec<u32> = (0..150).map(|n| n * 7 % 300).collect();
    let first = options(&[("max_new_tokens", json!(4))]);
    let (events, sequences) = block_on(write(&pipeline, prompt.clone(), first));
    assert!(matches!(events[..3], [Event::Prompt(64, 150), Event::Prompt(128, 150), Event::Tokens(_)]));

    // The next token of the text by hand, and the text that goes on from the middle of the first.
    let mut cache = pipeline.model().cache(1, 150).unwrap();
    let logits = block_on(common::read(
        pipeline.model().next_logits(std::slice::from_ref(&prompt), &mut cache).unwrap(),
    ));
    let likeliest = (0..300).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap();
    assert_eq!(sequences[0].token_ids[0] as usize, likeliest);
    let longer = [prompt, sequences[0].token_ids[..2].to_vec()].concat();
    let (_, rest) = block_on(write(&pipeline, longer, options(&[("max_new_tokens", json!(2))])));
    assert_eq!(rest[0].token_ids, sequences[0].token_ids[2..]);
    assert_eq!(rest[0].generated_text, sequences[0].generated_text);
}

#[test]
fn a_short_prompt_is_read_in_one_step() {
    let (events, _) = block_on(write(&pipeline(), PROMPT, options(&[("max_new_tokens", json!(2))])));
    assert!(events.iter().all(|event| matches!(event, Event::Tokens(_))), "14 tokens are one piece");
}

#[test]
fn a_character_that_a_prompt_of_tokens_began_is_finished_by_the_tokens_that_come() {
    let pipeline = pipeline();
    let whole = pipeline.tokenizer().encode("so \u{1f984}").unwrap();
    let (missing, begun) = whole.split_last().unwrap();
    assert_eq!(
        pipeline.tokenizer().decode(begun).unwrap(),
        "so \u{fffd}",
        "the unicorn is spread over tokens"
    );
    let draw = |seed: u64| {
        let list = [
            ("do_sample", json!(true)),
            ("top_k", json!(0)),
            ("max_new_tokens", json!(1)),
            ("seed", json!(seed)),
        ];
        block_on(write(&pipeline, begun.to_vec(), options(&list)))
    };
    // The model has 300 tokens, so that one seed of some thousand draws the one that is missing.
    let (events, sequences) =
        (0..9000).map(draw).find(|(_, sequences)| sequences[0].token_ids == [*missing]).unwrap();
    assert_eq!(sequences[0].generated_text, "so \u{1f984}");
    assert!(matches!(&events[..], [Event::Tokens(tokens)] if tokens[0].text == "\u{1f984}"), "{events:?}");
}

#[test]
fn a_prompt_of_tokens_that_the_model_does_not_know_is_refused() {
    let error = pipeline().start(vec![5, 300], Options::new(), 0).unwrap_err();
    assert_eq!(error.code(), "invalid-option");
    assert!(error.message().contains("300"), "{error}");
    assert_eq!(pipeline().start(vec![5; 48], Options::new(), 0).unwrap_err().code(), "prompt-too-long");
    assert_eq!(pipeline().start(vec![5; 47], Options::new(), 0).unwrap().prompt_ids().len(), 47);
}

#[test]
fn a_texts_score_is_what_its_tokens_had_when_they_were_written() {
    let pipeline = common::random_writer(Storage::CPU, &Device::flex());
    let list = options(&[("max_new_tokens", json!(100))]);
    let (events, sequences) = block_on(write(&pipeline, PROMPT, list));
    let written: Vec<f32> = events
        .iter()
        .flat_map(|event| match event {
            Event::Tokens(tokens) => tokens.iter().map(|token| token.logprob).collect(),
            _ => Vec::new(),
        })
        .collect();
    let prompt = pipeline.tokenizer().encode(PROMPT).unwrap();
    let all = [prompt.clone(), sequences[0].token_ids.clone()].concat();
    let (token_ids, logprobs) = block_on(pipeline.score(all.clone(), Options::new())).unwrap();
    assert_eq!(token_ids, all);
    assert!(logprobs[0].abs() < f32::EPSILON && logprobs.len() == all.len());
    common::assert_close("random", "logprobs", &logprobs[prompt.len()..], &written, 1e-4);
}

#[test]
fn a_heads_attention_is_a_distribution_over_what_was_read() {
    let pipeline = common::random_writer(Storage::CPU, &Device::flex());
    let of = |layer: usize, head: usize| {
        let options = options(&[("layer", json!(layer)), ("head", json!(head))]);
        block_on(pipeline.attention(PROMPT, options))
    };
    let (token_ids, attention) = of(1, 1).unwrap();
    let length = token_ids.len();
    assert_eq!(attention.len(), length * length);
    for (index, row) in attention.chunks(length).enumerate() {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(row[index + 1..].iter().all(|prob| *prob == 0.0));
    }
    assert_ne!(of(1, 0).unwrap().1, attention);
    assert_ne!(of(0, 1).unwrap().1, attention);
    for (layer, head, name) in [(2, 0, "layer"), (0, 2, "head")] {
        let error = of(layer, head).unwrap_err();
        assert!(error.code() == "invalid-option" && error.message().starts_with(name), "{error}");
    }
}

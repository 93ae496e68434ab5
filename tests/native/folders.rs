//! The folders that people use most, as they are today: their fields and names of tensors, with small sizes. Each row says
//! what the reference does with such a folder. `tests/fixtures/README.md` says where each was read.

use hearth::gpt2::{Event, FinishReason};
use hearth::options::Options;
use pollster::block_on;
use serde_json::{Map, Value, json};

use crate::common::diffusion::RGB;
use crate::common::files::Files;
use crate::common::{self, WRITER};

/// What becomes of a folder.
#[derive(Debug)]
enum Outcome {
    /// It writes what the fixture writes.
    Writes,
    /// A prompt has these tokens.
    Reads(&'static str, &'static [u32]),
    /// The text ends with its first token, which is this one.
    EndsWith(u32),
    /// It draws.
    Draws,
    /// It is refused before the weights come, in a message with these words.
    Refused(&'static [&'static str]),
}
use Outcome::{Draws, EndsWith, Reads, Refused, Writes};

struct Row {
    /// Its name on the Hub, or what it is.
    name: &'static str,
    files: Files,
    outcome: Outcome,
}

fn row(name: &'static str, files: Files, outcome: Outcome) -> Row {
    Row { name, files, outcome }
}

// Weights --------------------------------------------------------------------------------------------------------------

/// A safetensors file whose tensors are called otherwise, or have more rows, and others behind them.
struct Weights {
    tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
}

impl Weights {
    fn of(file: &[u8]) -> Self {
        let (prefix, rest) = file.split_at(8);
        let len = u64::from_le_bytes(prefix.try_into().expect("eight bytes"));
        let (header, data) = rest.split_at(usize::try_from(len).expect("it is small"));
        let header: Map<String, Value> = serde_json::from_slice(header).expect("a header is JSON");
        let tensors = header.into_iter().filter(|(name, _)| name != "__metadata__").map(|(name, info)| {
            let [begin, end]: [usize; 2] =
                serde_json::from_value(info["data_offsets"].clone()).expect("two numbers");
            let shape = serde_json::from_value(info["shape"].clone()).expect("sizes");
            (name, shape, data[begin..end].to_vec())
        });
        Self { tensors: tensors.collect() }
    }

    fn renamed(mut self, rename: impl Fn(&str) -> String) -> Self {
        for (name, ..) in &mut self.tensors {
            *name = rename(name);
        }
        self
    }

    fn with(mut self, name: &str, shape: &[usize]) -> Self {
        let numbers: usize = shape.iter().product();
        self.tensors.push((name.to_owned(), shape.to_vec(), vec![0; 4 * numbers]));
        self
    }

    /// The head beside the embedding that it is.
    fn with_head(mut self) -> Self {
        let embedding = self.tensors.iter().find(|(name, ..)| name.ends_with("wte.weight"));
        let (_, shape, data) = embedding.expect("it has one").clone();
        self.tensors.push(("lm_head.weight".to_owned(), shape, data));
        self
    }

    /// More tokens, which are never likelier than the first one.
    fn with_tokens(mut self, count: usize) -> Self {
        for (name, shape, data) in &mut self.tensors {
            if name.ends_with("wte.weight") {
                let width = 4 * shape[1];
                shape[0] += count;
                for _ in 0..count {
                    data.extend_from_within(..width);
                }
            }
        }
        self
    }

    fn file(&self) -> Vec<u8> {
        let (mut header, mut all) = (Map::new(), Vec::new());
        header.insert("__metadata__".to_owned(), json!({ "format": "pt" }));
        for (name, shape, data) in &self.tensors {
            let begin = all.len();
            all.extend_from_slice(data);
            let info = json!({ "dtype": "F32", "shape": shape, "data_offsets": [begin, all.len()] });
            header.insert(name.clone(), info);
        }
        let header = Value::from(header).to_string();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &all].concat()
    }
}

fn writers() -> Weights {
    Weights::of(WRITER.files[0].1)
}

/// The causal masks that files of 2019 to 2023 hold, with the prefix of the other names.
fn with_masks(mut weights: Weights, prefix: &str) -> Weights {
    for layer in 0..2 {
        weights = weights.with(&format!("{prefix}h.{layer}.attn.bias"), &[1, 1, 48, 48]);
        weights = weights.with(&format!("{prefix}h.{layer}.attn.masked_bias"), &[]);
    }
    weights
}

// GPT-2 ----------------------------------------------------------------------------------------------------------------

/// The fields of a `config.json`, over those that each of them has.
fn config(fields: &Value) -> String {
    let mut config = json!({
        "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new", "attn_pdrop": 0.1,
        "bos_token_id": 0, "embd_pdrop": 0.1, "eos_token_id": 0, "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-5, "model_type": "gpt2", "n_ctx": 48, "n_embd": 12, "n_head": 3, "n_layer": 2,
        "n_positions": 48, "resid_pdrop": 0.1, "summary_activation": null, "summary_first_dropout": 0.1,
        "summary_proj_to_labels": true, "summary_type": "cls_index", "summary_use_proj": true, "vocab_size": 300,
    });
    for (name, value) in fields.as_object().expect("fields") {
        config[name] = value.clone();
    }
    config.to_string()
}

/// A folder with `tokenizer.json` and weights.
fn gpt2(fields: &Value, weights: &Weights) -> Files {
    Files::default()
        .with("config.json", config(fields))
        .with("tokenizer.json", common::TOKENIZER)
        .with("model.safetensors", weights.file())
}

/// The same with the files of the slow tokenizer instead.
fn slow(files: Files) -> Files {
    files
        .without("tokenizer.json")
        .with("vocab.json", include_str!("../fixtures/gpt2/writer/vocab.json"))
        .with("merges.txt", include_str!("../fixtures/gpt2/writer/merges.txt"))
}

/// A token of `tokenizer_config.json: added_tokens_decoder`.
fn added(content: &str, special: bool) -> Value {
    json!({ "content": content, "lstrip": false, "normalized": !special, "rstrip": false, "single_word": false,
        "special": special })
}

#[allow(clippy::too_many_lines)] // a row a folder
fn texts() -> Vec<Row> {
    let generation = json!({
        "_from_model_config": true, "bos_token_id": 0, "eos_token_id": 0, "transformers_version": "4.26.0.dev0",
    });
    let text_generation = json!({ "text-generation": { "do_sample": true, "max_length": 50 } });
    let later = json!({
        "n_inner": null, "reorder_and_upcast_attn": false, "scale_attn_by_inverse_layer_idx": false,
        "scale_attn_weights": true, "use_cache": true,
    });
    let and = |one: &Value, other: &Value| -> Value {
        let fields = |value: &Value| value.as_object().expect("fields").clone();
        fields(one).into_iter().chain(fields(other)).collect::<Map<_, _>>().into()
    };
    let of_2019 = json!({
        "finetuning_task": null, "num_labels": 1, "output_attentions": false, "output_hidden_states": false,
        "pruned_heads": {}, "torchscript": false, "use_bfloat16": false,
    });
    let of_2019: Value = {
        let text = config(&of_2019);
        let mut fields: Map<String, Value> = serde_json::from_str(&text).expect("it is JSON");
        for name in ["model_type", "bos_token_id", "eos_token_id", "activation_function"] {
            fields.remove(name);
        }
        fields.into()
    };
    let no_eos: Value = {
        let mut fields: Map<String, Value> = serde_json::from_str(&config(&json!({}))).expect("it is JSON");
        fields.remove("eos_token_id");
        fields.into()
    };
    let six = [
        "<USER>",
        "<ASSISTANT>",
        "<CREATURE_START>",
        "<CREATURE_END>",
        "<INTRODUCTION_START>",
        "<INTRODUCTION_END>",
    ];
    let special: Map<String, Value> =
        (300..).zip(six).map(|(id, content): (u32, _)| (id.to_string(), added(content, true))).collect();
    let special_ids: Map<String, Value> =
        (300..).zip(six).map(|(id, content): (u32, _)| (content.to_owned(), Value::from(id))).collect();
    let plain: Map<String, Value> = (300..)
        .zip(["[AUTHOR]", "[TITLE]", "[RELEASE_DATE]", "[CATEGORY]"])
        .map(|(id, content): (u32, _)| (id.to_string(), added(content, false)))
        .collect();
    let plain_ids = json!({ "[AUTHOR]": 300, "[TITLE]": 301, "[RELEASE_DATE]": 302, "[CATEGORY]": 303 });
    let tokenizer_config = |tokens: Map<String, Value>| {
        json!({
            "add_bos_token": false, "add_prefix_space": false, "added_tokens_decoder": tokens,
            "bos_token": "<|endoftext|>", "clean_up_tokenization_spaces": true, "eos_token": "<|endoftext|>",
            "errors": "replace", "model_max_length": 1024, "pad_token": null, "tokenizer_class": "GPT2Tokenizer",
            "unk_token": "<|endoftext|>",
        })
        .to_string()
    };
    let bare = || writers().renamed(|name| name.trim_start_matches("transformer.").to_owned());
    let conversational = json!({ "task_specific_params": { "conversational": { "max_length": 1000 } } });
    let chinese = json!({
        "bos_token_id": 50_256, "eos_token_id": 50_256, "gradient_checkpointing": false, "output_past": true,
        "task_specific_params": { "text-generation": { "do_sample": true, "max_length": 320 } },
        "tokenizer_class": "BertTokenizer",
    });
    vec![
        row(
            "openai-community/gpt2",
            gpt2(&json!({ "task_specific_params": text_generation }), &with_masks(bare(), ""))
                .with("generation_config.json", generation.to_string())
                .with("tokenizer_config.json", r#"{"model_max_length": 1024}"#),
            Writes,
        ),
        row(
            "distilbert/distilgpt2",
            gpt2(
                &json!({
                    "_num_labels": 1, "id2label": { "0": "LABEL_0" }, "label2id": { "LABEL_0": 0 },
                    "task_specific_params": text_generation,
                }),
                &with_masks(writers(), "transformer."),
            )
            .with("generation_config.json", generation.to_string()),
            Writes,
        ),
        row(
            "a distilgpt2 of 2019",
            slow(gpt2(&json!({}), &with_masks(writers(), "transformer.")))
                .with("config.json", of_2019.to_string()),
            Writes,
        ),
        row(
            "microsoft/DialoGPT-small",
            slow(gpt2(&and(&conversational, &later), &writers().with_head())),
            Writes,
        ),
        row(
            "microsoft/DialoGPT-medium without eos_token_id",
            slow(gpt2(&json!({}), &writers())).with("config.json", no_eos.to_string()),
            Writes,
        ),
        row(
            "a DialoGPT whose texts end with another token",
            gpt2(&and(&json!({ "bos_token_id": 2, "eos_token_id": first_token() }), &conversational), &writers()),
            EndsWith(first_token()),
        ),
        row(
            "a GPT-2 of 4.57 in half precision",
            gpt2(&and(&json!({ "dtype": "float16", "task_specific_params": text_generation }), &later), &writers()),
            Writes,
        ),
        row(
            "taeminlee/kogpt2",
            gpt2(&json!({ "bos_token_id": 50_256, "eos_token_id": 50_256, "output_past": true }), &writers()),
            Writes,
        ),
        row(
            "dbmdz/german-gpt2",
            gpt2(&json!({ "bos_token_id": 300, "eos_token_id": 300 }), &writers()),
            Writes,
        ),
        row("uer/gpt2-chinese-cluecorpussmall, as a tokenizer.json", gpt2(&chinese, &writers()), Writes),
        row(
            "uer/gpt2-chinese-cluecorpussmall",
            gpt2(&chinese, &writers())
                .without("tokenizer.json")
                .with("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n你\n好\n"),
            Reads("你好", &[2, 4, 5, 3]),
        ),
        row(
            "rinna/japanese-gpt2-medium",
            gpt2(&json!({}), &writers())
                .without("tokenizer.json")
                .with("spiece.model", [0x0a, 0x0e])
                .with("tokenizer_config.json", r#"{"tokenizer_class": "T5Tokenizer", "do_lower_case": true}"#),
            Refused(&["tokenizer.json"]),
        ),
        row(
            "a fine-tune with special tokens and the slow tokenizer",
            slow(gpt2(&and(&json!({ "vocab_size": 306 }), &later), &writers().with_tokens(6)))
                .with("added_tokens.json", Value::from(special_ids).to_string())
                .with("tokenizer_config.json", tokenizer_config(special)),
            Reads("<USER>Once", &[300, 298, 67, 69]),
        ),
        row(
            "a fine-tune with tokens that are not special",
            slow(gpt2(&and(&json!({ "vocab_size": 304 }), &later), &writers().with_tokens(4)))
                .with("added_tokens.json", plain_ids.to_string())
                .with("tokenizer_config.json", tokenizer_config(plain)),
            Reads("[TITLE]Once", &[301, 298, 67, 69]),
        ),
        row(
            "a fine-tune of 2020 with <BOS>, <EOS> and <PAD>",
            slow(gpt2(
                &json!({ "vocab_size": 303, "task_specific_params": text_generation }),
                &with_masks(writers().with_tokens(3), "transformer."),
            ))
            .with("added_tokens.json", r#"{"<BOS>": 300, "<EOS>": 301, "<PAD>": 302}"#)
            .with(
                "special_tokens_map.json",
                r#"{"bos_token": "<BOS>", "eos_token": "<EOS>", "unk_token": "<|endoftext|>", "pad_token": "<PAD>"}"#,
            ),
            Reads("<BOS>Once", &[300, 298, 67, 69]),
        ),
        row(
            "a distilgpt2 that was saved as a BERT",
            gpt2(
                &json!({ "model_type": "bert", "architectures": ["BertLMHeadModel"], "hidden_size": 12,
                    "is_decoder": true, "num_attention_heads": 3, "num_hidden_layers": 2 }),
                &writers(),
            ),
            Refused(&["config.json", "model_type", "bert", "gpt2"]),
        ),
        row(
            "roneneldan/TinyStories-33M",
            gpt2(
                &json!({ "model_type": "gpt_neo", "architectures": ["GPTNeoForCausalLM"], "hidden_size": 12,
                    "num_heads": 3, "num_layers": 2 }),
                &writers(),
            ),
            Refused(&["config.json", "model_type", "gpt_neo", "gpt2"]),
        ),
    ]
}

/// The first token that the fixture writes.
fn first_token() -> u32 {
    new_tokens(&gpt2(&json!({}), &writers()), "Once upon a time").0[0]
}

/// The new tokens of a call, at most eight, and why they end.
fn new_tokens(files: &Files, prompt: &str) -> (Vec<u32>, FinishReason) {
    let pipeline = files.gpt2().expect("it loads");
    let options = Options::new().with("max_new_tokens", json!(8)).with("do_sample", json!(false));
    let mut run = pipeline.start(prompt, options, 0).expect("the options are valid");
    loop {
        if let Event::Complete(sequences) = block_on(run.step()).expect("the step works").expect("an end") {
            let first = sequences.into_iter().next().expect("a text");
            return (first.token_ids, first.finish_reason);
        }
    }
}

// Diffusion ------------------------------------------------------------------------------------------------------------

/// A folder of the fixture's size, its U-Net and its scheduler with these fields alone.
fn pictures(index: &Value, unet: &Value, scheduler: &Value) -> Files {
    Files::default()
        .with("model_index.json", index.to_string())
        .with("unet/config.json", unet.to_string())
        .with("scheduler/scheduler_config.json", scheduler.to_string())
        .with("unet/diffusion_pytorch_model.safetensors", RGB.weights)
}

/// The same with all files at the top, and the names that attentions had before diffusers 0.15.
fn oldest(files: &Files) -> Files {
    let text = |name: &str| files.bytes(name).to_vec();
    let older = |name: &str| {
        let names = [
            (".to_q.", ".query."),
            (".to_k.", ".key."),
            (".to_v.", ".value."),
            (".to_out.0.", ".proj_attn."),
        ];
        names.iter().fold(name.to_owned(), |name, (today, older)| name.replace(today, older))
    };
    Files::default()
        .with("model_index.json", text("model_index.json"))
        .with("config.json", text("unet/config.json"))
        .with("scheduler_config.json", text("scheduler/scheduler_config.json"))
        .with("diffusion_pytorch_model.safetensors", Weights::of(RGB.weights).renamed(older).file())
}

fn index_of(pipeline: &str, parts: &Value) -> Value {
    let mut index = json!({ "_class_name": pipeline, "_diffusers_version": "0.6.0" });
    for (name, part) in parts.as_object().expect("parts") {
        index[name] = part.clone();
    }
    index
}

#[allow(clippy::too_many_lines)] // a row a folder
fn drawings() -> Vec<Row> {
    let parts = json!({ "scheduler": ["diffusers", "DDPMScheduler"], "unet": ["diffusers", "UNet2DModel"] });
    let ddpm = index_of("DDPMPipeline", &parts);
    // Of diffusers 0.0.4: cifar10-32 has no attention_head_dim, the pictures of 256 pixels have null.
    let of_2022 = |more: &Value| {
        let mut unet = json!({
            "_class_name": "UNet2DModel", "_diffusers_version": "0.0.4", "act_fn": "silu",
            "block_out_channels": [4, 8], "center_input_sample": false,
            "down_block_types": ["DownBlock2D", "AttnDownBlock2D"], "downsample_padding": 0,
            "flip_sin_to_cos": false, "freq_shift": 1, "in_channels": 3, "layers_per_block": 1,
            "mid_block_scale_factor": 1, "norm_eps": 1e-6, "norm_num_groups": 2, "out_channels": 3, "sample_size": 8,
            "time_embedding_type": "positional", "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
        });
        for (name, value) in more.as_object().expect("fields") {
            unet[name] = value.clone();
        }
        unet
    };
    let scheduler = |variance: &str| {
        json!({
            "_class_name": "DDPMScheduler", "_diffusers_version": "0.1.1", "beta_end": 0.02,
            "beta_schedule": "linear", "beta_start": 0.0001, "clip_sample": true, "num_train_timesteps": 1000,
            "trained_betas": null, "variance_type": variance,
        })
    };
    let butterflies = of_2022(&json!({
        "_diffusers_version": "0.11.1", "add_attention": true, "attention_head_dim": 8, "downsample_padding": 1,
        "flip_sin_to_cos": true, "freq_shift": 0, "norm_eps": 1e-5, "resnet_time_scale_shift": "default",
    }));
    let mut epsilon = scheduler("fixed_small");
    epsilon["prediction_type"] = json!("epsilon");
    let resaved = of_2022(&json!({
        "_diffusers_version": "0.24.0", "add_attention": true, "attention_head_dim": null,
        "attn_norm_num_groups": null, "class_embed_type": null, "downsample_type": "conv", "dropout": 0.0,
        "num_class_embeds": null, "num_train_timesteps": null, "resnet_time_scale_shift": "default",
        "upsample_type": "conv",
    }));
    let short = json!({
        "_class_name": "DDPMScheduler", "_diffusers_version": "0.24.0", "num_train_timesteps": 1000,
    });
    let latent = index_of("LDMPipeline", &{
        let mut parts = parts.clone();
        parts["scheduler"] = json!(["diffusers", "DDIMScheduler"]);
        parts["vqvae"] = json!(["diffusers", "VQModel"]);
        parts
    });
    let latent_scheduler = json!({
        "_class_name": "DDIMScheduler", "_diffusers_version": "0.0.4", "beta_end": 0.0195,
        "beta_schedule": "scaled_linear", "beta_start": 0.0015, "clip_sample": false, "num_train_timesteps": 1000,
        "trained_betas": null,
    });
    vec![
        row(
            "google/ddpm-cifar10-32",
            oldest(&pictures(&ddpm, &of_2022(&json!({})), &scheduler("fixed_large"))),
            Draws,
        ),
        row(
            "google/ddpm-cat-256",
            oldest(&pictures(
                &ddpm,
                &of_2022(&json!({ "attention_head_dim": null })),
                &scheduler("fixed_small"),
            )),
            Draws,
        ),
        row("a ddpm-cifar10-32 that diffusers 0.24 saved", pictures(&ddpm, &resaved, &short), Draws),
        row("anton-l/ddpm-butterflies-128", pictures(&ddpm, &butterflies, &epsilon), Draws),
        row(
            "CompVis/ldm-celebahq-256",
            pictures(
                &latent,
                &of_2022(&json!({ "attention_head_dim": 4, "downsample_padding": 1, "flip_sin_to_cos": true,
                    "freq_shift": 0, "norm_eps": 1e-5 })),
                &latent_scheduler,
            ),
            Refused(&["model_index.json", "vqvae"]),
        ),
    ]
}

// Rows -----------------------------------------------------------------------------------------------------------------

/// What is wrong with a row, if anything.
fn wrong(Row { files, outcome, .. }: &Row) -> Option<String> {
    let differ = |got: &dyn std::fmt::Debug| Some(format!("{outcome:?}, and it is {got:?}"));
    let text = || files.gpt2().err().map(|error| error.to_string());
    match outcome {
        Draws => {
            let pipeline = match files.diffusion() {
                Ok(pipeline) => pipeline,
                Err(error) => return Some(error.to_string()),
            };
            let options = Options::new().with("num_inference_steps", json!(2));
            let pictures = block_on(common::diffusion::draw(&pipeline, options));
            pictures.pixels.iter().any(|pixel| !pixel.is_finite()).then(|| "pixels are no numbers".to_owned())
        }
        Refused(words) => {
            // Without weights: it must be known before they are fetched.
            let is_text = files.names().all(|name| name != "model_index.json");
            let error = if is_text { files.gpt2().err() } else { files.diffusion().err() };
            let Some(error) = error else { return Some("it is not refused".to_owned()) };
            let said = words.iter().all(|word| error.message().contains(word));
            if said && error.code() == "unsupported-model" { None } else { differ(&error) }
        }
        Writes => text().or_else(|| {
            let got = new_tokens(files, "Once upon a time");
            let plain = new_tokens(&gpt2(&json!({}), &writers()), "Once upon a time");
            if got == plain { None } else { differ(&(got, plain)) }
        }),
        Reads(prompt, ids) => text().or_else(|| {
            let pipeline = files.gpt2().expect("it loads");
            let got = pipeline.tokenizer().encode(prompt).expect("it can be read");
            if got == *ids { None } else { differ(&got) }
        }),
        EndsWith(token) => text().or_else(|| {
            let got = new_tokens(files, "Once upon a time");
            if got == (vec![*token], FinishReason::EosToken) { None } else { differ(&got) }
        }),
    }
}

fn assert_right(rows: &[Row]) {
    let wrong: Vec<String> =
        rows.iter().filter_map(|row| wrong(row).map(|what| format!("{}: {what}", row.name))).collect();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn the_gpt2s_that_people_use_do_what_they_do_in_transformers() {
    assert_right(&texts());
}

#[test]
fn the_diffusion_folders_that_people_use_do_what_they_do_in_diffusers() {
    assert_right(&drawings());
}

#[test]
fn the_index_of_a_pipeline_names_its_scheduler() {
    // Stable Diffusion's folders are often given another one, in one of the two files.
    let scheduler: Value = serde_json::from_str(RGB.scheduler).expect("it is JSON");
    let unet: Value = serde_json::from_str(RGB.unet).expect("it is JSON");
    for (of_index, of_file, name) in [
        ("DDIMScheduler", Some("DDPMScheduler"), "DDIMScheduler"),
        ("DDPMScheduler", None, "DDPMScheduler"),
        ("DDPMScheduler", Some("SchedulerOfTomorrow"), "DDPMScheduler"),
        ("FlaxDDPMScheduler", Some("FlaxDDPMScheduler"), "DDPMScheduler"),
    ] {
        let parts = json!({ "scheduler": ["diffusers", of_index], "unet": ["diffusers", "UNet2DModel"] });
        let mut scheduler = scheduler.clone();
        scheduler["_class_name"] = json!(of_file);
        let pipeline = pictures(&index_of("DDPMPipeline", &parts), &unet, &scheduler).diffusion();
        let pipeline = pipeline.unwrap_or_else(|error| panic!("{of_index}, {of_file:?}: {error}"));
        assert_eq!(pipeline.scheduler().kind().name(), name, "{of_index}, {of_file:?}");
    }
}

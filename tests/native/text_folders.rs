//! Stable Diffusion folders: what is refused before the weights come, and which weights are wanted.

use burn::tensor::Device;
use hearth::diffusion::Loading;
use hearth::error::{Error, Result};
use hearth::weights::Storage;
use serde_json::{Value, json};

use crate::common::text_to_image::{lcm, sd1, tiny, turbo};

/// The error of a folder that must be refused before its weights come.
fn unsupported(result: Result<Loading>) -> String {
    match result {
        Err(Error::UnsupportedModel(message)) => message,
        other => panic!("expected unsupported-model, got {other:?}"),
    }
}

#[test]
fn a_folder_that_lacks_a_file_is_refused_by_the_files_name() {
    for (folder, missing) in [
        (sd1(), "unet/config.json"),
        (sd1(), "vae/config.json"),
        (sd1(), "text_encoder/config.json"),
        (sd1(), "scheduler/scheduler_config.json"),
        (sd1(), "tokenizer/vocab.json"),
        (sd1(), "tokenizer/merges.txt"),
        (turbo(), "tokenizer/tokenizer.json"),
    ] {
        let message = unsupported(folder.without(missing).prepare(Storage::CPU, &Device::flex()));
        let name = missing.rsplit_once("tokenizer/").map_or(missing, |(_, name)| name);
        assert!(message.contains(name), "{missing}: {message}");
    }
    // Small files that say nothing that is not the default.
    assert!(
        sd1().without("tokenizer/special_tokens_map.json").prepare(Storage::CPU, &Device::flex()).is_ok()
    );
    for part in ["vae", "text_encoder", "tokenizer"] {
        let folder = sd1().with_field("model_index.json", part, json!([null, null]));
        let message = unsupported(folder.prepare(Storage::CPU, &Device::flex()));
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused_with_both_numbers() {
    for (path, field, value, numbers) in [
        ("unet/config.json", "cross_attention_dim", json!(24), ["24", "16"]),
        ("text_encoder/config.json", "hidden_size", json!(32), ["16", "32"]),
        ("unet/config.json", "in_channels", json!(8), ["8 channels", "4"]),
        ("unet/config.json", "out_channels", json!(8), ["8 out", "4"]),
        ("vae/config.json", "latent_channels", json!(16), ["16", "4"]),
        ("text_encoder/config.json", "vocab_size", json!(600), ["600", "613"]),
        ("text_encoder/config.json", "max_position_embeddings", json!(64), ["64", "77"]),
    ] {
        let folder = sd1().with_field(path, field, value);
        let message = unsupported(folder.prepare(Storage::CPU, &Device::flex()));
        assert!(numbers.iter().all(|number| message.contains(number)), "{field}: {message}");
    }
}

#[test]
fn a_folder_of_another_kind_is_refused_by_name() {
    let clip = json!(["transformers", "CLIPTextModel"]);
    let of_index = |index: Value| {
        let folder = sd1().with("model_index.json", index.to_string());
        unsupported(folder.prepare(Storage::CPU, &Device::flex()))
    };
    let index = |class: &str, more: Value| {
        let mut index: Value = serde_json::from_str(sd1().text("model_index.json")).unwrap();
        index["_class_name"] = json!(class);
        for (name, part) in more.as_object().unwrap() {
            index[name] = part.clone();
        }
        index
    };
    let tokenizer = json!(["transformers", "CLIPTokenizer"]);
    let two = json!({ "text_encoder_2": clip, "tokenizer_2": tokenizer });
    for (class, more, part) in [
        ("StableDiffusionXLPipeline", two.clone(), "_2"),
        (
            "StableDiffusion3Pipeline",
            json!({ "transformer": ["diffusers", "SD3Transformer2DModel"] }),
            "transformer",
        ),
        ("FluxPipeline", json!({ "transformer": ["diffusers", "FluxTransformer2DModel"] }), "transformer"),
        (
            "StableDiffusionControlNetPipeline",
            json!({ "controlnet": ["diffusers", "ControlNetModel"] }),
            "controlnet",
        ),
    ] {
        let message = of_index(index(class, more));
        assert!(message.contains(class) && message.contains(part), "{message}");
        assert!(message.contains("Stable Diffusion 1 and 2"), "it says what works: {message}");
    }
    let nine = sd1().with_field("unet/config.json", "in_channels", json!(9));
    let message = unsupported(nine.prepare(Storage::CPU, &Device::flex()));
    assert!(message.contains('9') && message.contains("inpainting"), "{message}");
    for (field, value) in [
        ("addition_embed_type", json!("text_time")),
        ("encoder_hid_dim", json!(32)),
        ("class_embed_type", json!("projection")),
        ("sample_size", Value::Null),
        ("down_block_types", json!(["SimpleCrossAttnDownBlock2D", "DownBlock2D"])),
    ] {
        let folder = sd1().with_field("unet/config.json", field, value);
        let message = unsupported(folder.prepare(Storage::CPU, &Device::flex()));
        let name = if field.starts_with("down") { "SimpleCrossAttnDownBlock2D" } else { field };
        assert!(message.contains(name), "{field}: {message}");
    }
}

#[test]
fn guidance_that_no_call_may_ask_for_is_no_default_either() {
    for scale in [json!(-1), json!(1e300)] {
        let folder = sd1().with_field("model_index.json", "guidance_scale", scale);
        let message = unsupported(folder.prepare(Storage::CPU, &Device::flex()));
        assert!(message.contains("guidance_scale") && message.contains("100"), "{message}");
    }
}

#[test]
fn steps_and_rescaling_that_no_call_may_ask_for_are_no_defaults_either() {
    for (field, value) in [
        ("num_inference_steps", json!(0)),
        ("num_inference_steps", json!(1001)),
        ("guidance_rescale", json!(-0.1)),
        ("guidance_rescale", json!(2)),
    ] {
        let folder = sd1().with_field("model_index.json", field, value);
        let message = unsupported(folder.prepare(Storage::CPU, &Device::flex()));
        assert!(message.contains(field), "{message}");
    }
}

#[test]
fn nobody_asks_for_the_safety_checker() {
    for folder in [sd1(), lcm(), tiny()] {
        assert!(folder.text("model_index.json").contains("StableDiffusionSafetyChecker"));
        let mut loading = folder.prepare(Storage::CPU, &Device::flex()).expect("the folder is known");
        for part in ["safety_checker", "feature_extractor", "tokenizer", "scheduler"] {
            assert!(loading.checkpoint(part).is_none(), "{part} has no weights that are wanted");
        }
        for part in ["unet", "vae", "text_encoder"] {
            assert!(loading.checkpoint(part).is_some(), "{part}");
        }
    }
}

#[test]
fn weights_that_do_not_come_are_named() {
    for (part, weight) in [
        ("unet", "conv_in.weight"),
        ("vae", "decoder.conv_in.weight"),
        ("text_encoder", "embeddings.token_embedding.weight"),
    ] {
        let folder = sd1();
        let mut loading = folder.prepare(Storage::CPU, &Device::flex()).expect("the folder is known");
        for other in ["unet", "vae", "text_encoder"].into_iter().filter(|other| *other != part) {
            let file = if other == "text_encoder" { "model" } else { "diffusion_pytorch_model" };
            let path = format!("{other}/{file}.safetensors");
            folder.feed(&path, loading.checkpoint(other).expect("it has weights")).expect("they fit");
        }
        match loading.finish() {
            Err(Error::WeightsMismatch(message)) => {
                assert!(message.contains(weight.split('.').next().unwrap()), "{part}: {message}");
            }
            other => panic!("expected weights-mismatch, got {other:?}"),
        }
    }
}

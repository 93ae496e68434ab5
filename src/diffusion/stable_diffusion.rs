//! What diffusers' `StableDiffusionPipeline` reads otherwise than it stands in a folder's files, which some of the oldest
//! folders need.

use serde_json::{Map, Value};

use crate::config::json;
use crate::error::Result;
use crate::schedulers::SchedulerKind;

/// Height and width of the latents that the first models were trained on.
const SAMPLE_SIZE: usize = 64;

/// The `scheduler_config.json` as the pipeline reads it: timesteps are one later, and pictures that are latents are not cut
/// off at ±1. `class` is the scheduler's, where the index names it.
///
/// # Errors
/// `unsupported-model` when it is no JSON object.
pub fn scheduler_config(scheduler_json: &str, class: Option<&str>) -> Result<String> {
    let mut config: Map<String, Value> = json::read("scheduler_config.json", scheduler_json)?;
    let class = class.or_else(|| config.get("_class_name")?.as_str());
    // Those that cut off unless the file says otherwise.
    let cuts_off = [SchedulerKind::Ddpm, SchedulerKind::Ddim].iter().any(|kind| class == Some(kind.name()));
    if cuts_off || config.contains_key("clip_sample") {
        config.insert("clip_sample".to_owned(), Value::Bool(false));
    }
    config.insert("steps_offset".to_owned(), 1.into());
    Ok(Value::Object(config).to_string())
}

/// The size of a U-Net's samples. Before diffusers 0.9 its file could have one that was meant for something else.
///
/// # Errors
/// `unsupported-model` when it is no JSON object.
pub fn sample_size(unet_json: &str, size: [usize; 2]) -> Result<[usize; 2]> {
    let config: Map<String, Value> = json::read("unet/config.json", unet_json)?;
    let version = config.get("_diffusers_version").and_then(Value::as_str);
    let is_of_2022 = version.is_some_and(|version| {
        let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        (numbers.next(), numbers.next()) < (Some(0), Some(9))
    });
    let is_one_number = config.get("sample_size").is_some_and(Value::is_number);
    Ok(if is_of_2022 && is_one_number && size[0] < SAMPLE_SIZE { [SAMPLE_SIZE; 2] } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduler_begins_one_later_and_does_not_clip() {
        let read = |json: &str, class| scheduler_config(json, class).unwrap();
        let ddim = read(r#"{"_class_name":"DDIMScheduler"}"#, None);
        assert!(ddim.contains(r#""clip_sample":false"#) && ddim.contains(r#""steps_offset":1"#), "{ddim}");
        let named = read("{}", Some("DDIMScheduler"));
        assert!(named.contains(r#""clip_sample":false"#), "{named}");
        let euler = read(r#"{"_class_name":"EulerDiscreteScheduler","steps_offset":0}"#, None);
        assert!(!euler.contains("clip_sample") && euler.contains(r#""steps_offset":1"#), "{euler}");
    }

    #[test]
    fn only_the_oldest_files_have_a_size_that_is_not_meant() {
        let size = |json: &str| sample_size(json, [32, 32]).unwrap();
        assert_eq!(size(r#"{"sample_size":32,"_diffusers_version":"0.8.0"}"#), [64, 64]);
        assert_eq!(size(r#"{"sample_size":32,"_diffusers_version":"0.9.0.dev0"}"#), [32, 32]);
        assert_eq!(size(r#"{"sample_size":32,"_diffusers_version":"1.0"}"#), [32, 32]);
        assert_eq!(size(r#"{"sample_size":[32,32],"_diffusers_version":"0.8.0"}"#), [32, 32]);
        assert_eq!(size(r#"{"sample_size":32}"#), [32, 32]);
    }
}

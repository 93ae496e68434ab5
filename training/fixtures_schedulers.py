"""Make the fixtures that the schedulers are compared with: diffusers' tables, timesteps and whole trajectories.

    python training/fixtures_schedulers.py

Writes tests/fixtures/diffusion/schedulers/*.json. The models' outputs do not depend on the samples: they are one fixed
sequence of random numbers, and so is the noise.
"""

import json
import warnings
from pathlib import Path

import diffusers
import torch
from diffusers.schedulers import (
    scheduling_ddim,
    scheduling_ddpm,
    scheduling_dpmsolver_multistep,
    scheduling_euler_ancestral_discrete,
    scheduling_lcm,
)

FIXTURES = Path(__file__).parent.parent / "tests" / "fixtures" / "diffusion" / "schedulers"
STEPS = (1, 4, 25, 50)  # of the last only where it ends, so that the files stay small
SHAPE = (2, 1, 2, 2)
# Modules that draw noise.
RANDOM = (
    scheduling_ddpm,
    scheduling_ddim,
    scheduling_euler_ancestral_discrete,
    scheduling_dpmsolver_multistep,
    scheduling_lcm,
)
CALLS = 60  # PNDM calls the model more often than it has steps

LATENT = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
ZERO_SNR = {**LATENT, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
DYNAMIC = {"thresholding": True, "sample_max_value": 1.7, "dynamic_thresholding_ratio": 0.8}

# As saved by others: what from_config makes of another class's file.
STABLE_DIFFUSION = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.6.0",
    **LATENT,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}
CIFAR = {
    "_class_name": "DDPMScheduler",
    "_diffusers_version": "0.1.1",
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "beta_start": 0.0001,
    "clip_sample": True,
    "num_train_timesteps": 1000,
    "trained_betas": None,
    "variance_type": "fixed_large",
}

TABLES = [
    {},
    LATENT,
    COSINE,
    {"rescale_betas_zero_snr": True},
    {**LATENT, "rescale_betas_zero_snr": True},
    {**COSINE, "num_train_timesteps": 100},
    {"num_train_timesteps": 4, "trained_betas": [0.1, 0.02, 0.3, 0.25]},
    {"num_train_timesteps": 37, "beta_start": 0.01, "beta_end": 0.3, "rescale_betas_zero_snr": True},
]

CASES = {
    "DDPMScheduler": [
        {},
        {"variance_type": "fixed_large", "timestep_spacing": "trailing"},
        {"variance_type": "fixed_small_log", "timestep_spacing": "linspace", "prediction_type": "sample"},
        {**COSINE, "prediction_type": "v_prediction", "clip_sample_range": 0.6, "steps_offset": 1},
        {**LATENT, "clip_sample": False},
        {**ZERO_SNR, "timestep_spacing": "trailing", **DYNAMIC},
        {"num_train_timesteps": 60, "beta_start": 0.002, "beta_end": 0.2, "timestep_spacing": "trailing"},
    ],
    "DDIMScheduler": [
        {},
        {**LATENT, "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1},
        {"timestep_spacing": "trailing", "prediction_type": "sample", "clip_sample_range": 2.0, "eta": 0.7},
        {**COSINE, "timestep_spacing": "linspace", "prediction_type": "v_prediction", "eta": 0.8},
        {**ZERO_SNR, "timestep_spacing": "trailing", "clip_sample": False},
        {**DYNAMIC, "dynamic_thresholding_ratio": 0.995, "eta": 0.3},
        {**CIFAR, "eta": 1.0},
        STABLE_DIFFUSION,
    ],
    "PNDMScheduler": [
        {},
        {**LATENT, "skip_prk_steps": True, "steps_offset": 1, "clip_sample": False},
        {"timestep_spacing": "trailing", "set_alpha_to_one": True},
        {"timestep_spacing": "linspace", "skip_prk_steps": True, "prediction_type": "v_prediction"},
        {**LATENT, "prediction_type": "v_prediction", "skip_prk_steps": True, "timestep_spacing": "trailing"},
        {**COSINE, "skip_prk_steps": True},
        CIFAR,
    ],
    "EulerDiscreteScheduler": [
        {},
        {**LATENT, "timestep_spacing": "leading", "steps_offset": 1, "use_karras_sigmas": True},
        {"timestep_spacing": "trailing", "prediction_type": "sample", "final_sigmas_type": "sigma_min"},
        {**ZERO_SNR, "timestep_spacing": "trailing"},
        {**COSINE, "prediction_type": "v_prediction", "use_karras_sigmas": True, "timestep_type": "continuous"},
        {"use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 80.0},
        STABLE_DIFFUSION,
    ],
    "EulerAncestralDiscreteScheduler": [
        {},
        {**LATENT, "timestep_spacing": "leading", "steps_offset": 1},
        {**ZERO_SNR, "timestep_spacing": "trailing"},
        # With linspace diffusers gives NaN at 4 steps: a difference of squares is negative in f32.
        {**COSINE, "prediction_type": "v_prediction", "timestep_spacing": "leading"},
        CIFAR,
    ],
    "DPMSolverMultistepScheduler": [
        {},
        {**LATENT, "use_karras_sigmas": True, "solver_type": "heun", "euler_at_final": True},
        {**LATENT, "use_lu_lambdas": True, "timestep_spacing": "leading", "steps_offset": 1},
        {"timestep_spacing": "trailing", "solver_order": 3, "final_sigmas_type": "sigma_min", "prediction_type": "sample"},
        {"timestep_spacing": "leading", "solver_order": 3, "lower_order_final": False, **DYNAMIC},
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 3, "variance_type": "fixed_small"},
        {**LATENT, "algorithm_type": "sde-dpmsolver++", "euler_at_final": True, "timestep_spacing": "trailing"},
        {"algorithm_type": "sde-dpmsolver++", "solver_type": "heun", "final_sigmas_type": "sigma_min", **DYNAMIC},
        {**ZERO_SNR, "timestep_spacing": "trailing"},
        {**COSINE, "prediction_type": "v_prediction", "use_karras_sigmas": True, "solver_order": 1},
        {**COSINE, "lambda_min_clipped": -5.1, "timestep_spacing": "trailing"},
        {**COSINE, "lambda_min_clipped": -5.1, **DYNAMIC},
        STABLE_DIFFUSION,
    ],
    "UniPCMultistepScheduler": [
        {},
        {**LATENT, "use_karras_sigmas": True, "final_sigmas_type": "sigma_min"},
        {"solver_order": 3, "solver_type": "bh1", "final_sigmas_type": "sigma_min", "timestep_spacing": "trailing"},
        {"solver_order": 3, "prediction_type": "sample", "disable_corrector": [0, 3], "timestep_spacing": "leading"},
        {"solver_order": 1, "prediction_type": "v_prediction", **DYNAMIC},
        {"lower_order_final": False, "final_sigmas_type": "sigma_min", "steps_offset": 1, "timestep_spacing": "leading"},
        {**ZERO_SNR, "timestep_spacing": "trailing", "solver_type": "midpoint"},
        STABLE_DIFFUSION,
    ],
    "LCMScheduler": [
        {},
        {"original_inference_steps": 60, "clip_sample": True, "prediction_type": "v_prediction"},
        {"beta_schedule": "linear", "timestep_scaling": 1.0, "set_alpha_to_one": False, "prediction_type": "sample"},
        {**COSINE, "beta_start": 0.0001, **DYNAMIC},
        {**ZERO_SNR, "original_inference_steps": 100},
        STABLE_DIFFUSION,
    ],
}


def rounded_sqrt(tensor: torch.Tensor) -> torch.Tensor:
    """The nearest f32 to each square root. PyTorch's own is a bit off for some numbers, which ones depends on the CPU."""
    return tensor.double()._original_sqrt().to(tensor.dtype)


def numbers(values: object) -> list:
    """Nested lists of numbers with the digits that an f32 has, whole ones without a point."""
    values = values.tolist() if isinstance(values, torch.Tensor) else values
    return [numbers(value) if isinstance(value, list) else shortest(value) for value in values]


def shortest(value: float) -> float | int:
    value = float(f"{value:.9g}")
    return int(value) if value.is_integer() else value


def flat(tensor: torch.Tensor) -> list:
    assert tensor.isfinite().all(), "diffusers gives NaN or infinity here"
    return numbers(tensor.flatten())


def write_lines(path: Path, values: list) -> None:
    lines = (json.dumps(value, separators=(",", ":")) for value in values)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def as_read(class_name: str, config: dict):
    """The scheduler that a file says, its class replaced. It passes over what only other classes read."""
    return getattr(diffusers, class_name).from_config({key: value for key, value in config.items() if key != "eta"})


def run(class_name: str, config: dict, steps: int, sequence: dict) -> dict:
    scheduler = as_read(class_name, config)
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps
    init_noise_sigma = float(scheduler.init_noise_sigma)
    by_sigmas = hasattr(scheduler, "sigmas")
    result = {
        "num_inference_steps": steps,
        "timesteps": numbers(timesteps),
        "sigmas": numbers(scheduler.sigmas) if by_sigmas else [],
        "init_noise_sigma": shortest(init_noise_sigma),
        "noisy": [],
        "scaled": [],
        "samples": [],
        "pictures": [],
    }
    middle = len(timesteps) // 2
    if by_sigmas:
        scheduler.set_begin_index(middle)
    result["noisy"] = flat(scheduler.add_noise(sequence["original"], sequence["noise"][0], timesteps[middle : middle + 1]))
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)  # two steps may have the same timestep

    sample = sequence["noise"][-1] * init_noise_sigma
    for index, timestep in enumerate(timesteps):
        noise = sequence["noise"][index]
        for module in RANDOM:
            module.randn_tensor = lambda shape, *arguments, noise=noise, **named: noise.reshape(shape).clone()
        scaled = scheduler.scale_model_input(sample, timestep)
        options = {"eta": config.get("eta", 0.0)} if class_name == "DDIMScheduler" else {}
        output = scheduler.step(sequence["model_outputs"][index], timestep, sample, **options)
        sample = output.prev_sample
        result["samples"] = [] if steps == STEPS[-1] else result["samples"]
        result["samples"].append(flat(sample))
        if steps == 4:
            result["scaled"].append(flat(scaled))
            picture = output.get("pred_original_sample", output.get("denoised"))
            result["pictures"] += [flat(picture)] if picture is not None else []
    return result


def main() -> None:
    warnings.simplefilter("ignore")
    diffusers.utils.logging.set_verbosity_error()
    torch.Tensor._original_sqrt, torch.Tensor.sqrt, torch.sqrt = torch.Tensor.sqrt, rounded_sqrt, rounded_sqrt
    torch.manual_seed(8)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    sequence = {
        "original": torch.rand(SHAPE) * 2 - 1,
        "noise": torch.randn(CALLS, *SHAPE),
        "model_outputs": torch.randn(CALLS, *SHAPE),
    }
    stored = {key: numbers(value.flatten(-4)) for key, value in sequence.items()}
    (FIXTURES / "sequence.json").write_text(json.dumps({"shape": SHAPE, **stored}, separators=(",", ":")) + "\n")

    tables = []
    for config in TABLES:
        scheduler = diffusers.DDPMScheduler(**config)
        table = {"config": config, "betas": numbers(scheduler.betas), "alphas_cumprod": numbers(scheduler.alphas_cumprod)}
        # Those that go by noise levels end before infinity.
        sigmas = numbers(diffusers.EulerDiscreteScheduler(**config).sigmas.flip(0)[1:])
        table["sigmas"] = sigmas if config.get("rescale_betas_zero_snr") else []
        tables.append(table)
    write_lines(FIXTURES / "tables.json", tables)

    timesteps = []
    for class_name in ("DDPMScheduler", "EulerDiscreteScheduler", "UniPCMultistepScheduler", "DPMSolverMultistepScheduler"):
        for spacing in ("leading", "trailing", "linspace"):
            config = {"timestep_spacing": spacing, "lambda_min_clipped": -2.5, "steps_offset": 3}
            scheduler = as_read(class_name, config)
            for steps in (3, 16, 28, 80):  # halves to round, and what does not divide
                scheduler.set_timesteps(steps)
                case = {"class": class_name, "config": config, "num_inference_steps": steps}
                timesteps.append({**case, "timesteps": numbers(scheduler.timesteps)})
    write_lines(FIXTURES / "timesteps.json", timesteps)

    saved = {name: getattr(diffusers, name)().to_json_string() for name in CASES}
    (FIXTURES / "saved.json").write_text(json.dumps(saved, indent=1) + "\n")

    for class_name, configs in CASES.items():
        cases = []
        for config in configs:
            least = 4 if class_name == "PNDMScheduler" and not config.get("skip_prk_steps") else 1
            runs = [run(class_name, config, steps, sequence) for steps in STEPS if steps >= least]
            cases.append({"config": config, "runs": runs})
        write_lines(FIXTURES / f"{class_name}.json", cases)


if __name__ == "__main__":
    main()

// The types of Hearth's public API, which `hearth.js` is checked against.

/** Where a model runs. `auto` takes WebGPU and falls back to the CPU. */
export type DevicePreference = 'auto' | 'webgpu' | 'cpu';

/** Bytes of weights so far, and in all once that is known. */
export interface Progress {
  loaded: number;
  total: number | null;
}

/** How weights are kept: in 32 or 16 bits, or in 8 with a scale for each group. `auto` takes what suits model and device. */
export type DType = 'auto' | 'f32' | 'f16' | 'q8';

export interface PipelineOptions {
  /** Where it runs. Default: `auto`, which is WebGPU where there is a GPU, else the CPU. */
  device?: DevicePreference;
  /**
   * How weights are kept: in `f32`, `f16`, or `q8` (8 bits and a scale for each group of weights). Default: `auto`, which
   * takes what suits model and device. A GAN and a VAE of digits are kept in `f32`.
   */
  dtype?: DType;
  /**
   * Which weight files, as in diffusers and transformers: `'fp16'` loads `….fp16.safetensors` or its shards and nothing
   * else, and null the plain ones.
   * Default: `'auto'`, the half-precision file where a diffusion folder of several parts has one (but not with `dtype`
   * `'f32'`), else the plain one.
   */
  variant?: string | null;
  /** Stops the loading; the promise rejects with code `aborted`. */
  signal?: AbortSignal;
  /** Is called with the bytes of all weights together, so far and in all. */
  onProgress?: (progress: Progress) => void;
}

/** Those of a text model are the same. */
export type TextPipelineOptions = PipelineOptions;

export interface DiffusionPipelineOptions extends PipelineOptions {
  /**
   * Whether the text encoder leaves the device as soon as a call's prompts are encoded. It is then loaded again, from the
   * cache, for a call with another prompt. Default: false. Only for folders with a text encoder.
   */
  offload?: boolean;
}

/** Every `code` that an error of Hearth's can have. */
export type ErrorCode =
  | 'device-unavailable'
  | 'device-lost'
  | 'engine-unavailable'
  | 'network'
  | 'weights-truncated'
  | 'weights-invalid'
  | 'weights-mismatch'
  | 'data-invalid'
  | 'training-diverged'
  | 'unsupported-model'
  | 'invalid-option'
  | 'aborted'
  | 'disposed'
  | 'prompt-too-long'
  | 'internal';

/** What every rejected promise of Hearth's carries. */
export class HearthError extends Error {
  constructor(code: ErrorCode, message: string);
  readonly code: ErrorCode;
}

/** Every code, with what it means. */
export const CODES: Readonly<Record<ErrorCode, string>>;

/** Options of a call in which a GAN draws. */
export interface GanOptions {
  /** 1 to 4096 pictures. Default: the number of `latents`, `class_labels` or `class_weights`, else 1. */
  batch_size?: number;
  /** 0 to 2⁵³ − 1. Default: random; each image reports the seed used. */
  seed?: number;
  /** A class for all pictures or one for each. Default: drawn evenly from the seed. */
  class_labels?: number | readonly number[];
  /** `[batch, num_classes]`: how much of each class's embedding, instead of `class_labels`. One row serves all. */
  class_weights?: Float32Array;
  /** `[batch, latent_dim]`: unit-variance noise, instead of noise from the seed. */
  latents?: Float32Array;
  /** Above 0 and up to 1: noise beyond ±2 is drawn again and the rest scaled by this. Not with `latents`. */
  truncation?: number;
  /** Stops the call at its next step of 64 pictures; its promise rejects with code `aborted`. */
  signal?: AbortSignal;
}

/** Options of a call in which a VAE draws. */
export interface VaeOptions {
  /** 1 to 4096 pictures. Default: the number of `latents`, else 1. */
  batch_size?: number;
  /** 0 to 2⁵³ − 1. Default: random; each image reports the seed used. */
  seed?: number;
  /** `[batch, latent_dim]`: where on the map, instead of latents of the unit normal from the seed. */
  latents?: Float32Array;
  /** Stops the call at its next step of 256 pictures; its promise rejects with code `aborted`. */
  signal?: AbortSignal;
}

/** A picture with what it was made from. */
export interface GeneratedImage extends ImageData {
  readonly seed: number;
  /** The noise: `[latent_dim]` of a GAN or a VAE, `[channels, height, width]` of a diffusion model. */
  readonly latents: Float32Array;
  /** The class, if it was drawn as one. */
  readonly class_label?: number;
  /** What it was drawn from, if it was from a text. */
  readonly prompt?: string;
  readonly negative_prompt?: string;
  /** The end of the prompt, if that was cut off because it was too long. */
  readonly truncated?: string;
  /** The words that were drawn, where the model's lexicon put the prompt into others. */
  readonly understood?: string;
}

/** A picture that a GAN drew and its discriminator judged. */
export interface JudgedImage extends GeneratedImage {
  /** The discriminator's probability that the picture is real, 0 to 1. */
  readonly score: number;
}

export interface GanStepEvent {
  type: 'step';
  /** Counts the steps of this call from 0. */
  step_index: number;
  /** How much of the call is done, 0 to 1. */
  fraction: number;
  seed: number;
  /** All pictures so far. */
  images: JudgedImage[];
}

export interface GanCompleteEvent {
  type: 'complete';
  seed: number;
  images: JudgedImage[];
}

export type GanEvent = GanStepEvent | GanCompleteEvent;

export interface VaeStepEvent {
  type: 'step';
  /** Counts the steps of this call from 0. */
  step_index: number;
  /** How much of the call is done, 0 to 1. */
  fraction: number;
  seed: number;
  /** All pictures so far. */
  images: GeneratedImage[];
}

export interface VaeCompleteEvent {
  type: 'complete';
  seed: number;
  images: GeneratedImage[];
}

export type VaeEvent = VaeStepEvent | VaeCompleteEvent;

/** The schedulers, by the names of diffusers' classes. */
export type SchedulerName =
  | 'DDIMScheduler'
  | 'DDPMScheduler'
  | 'DPMSolverMultistepScheduler'
  | 'EulerAncestralDiscreteScheduler'
  | 'EulerDiscreteScheduler'
  | 'LCMScheduler'
  | 'PNDMScheduler'
  | 'UniPCMultistepScheduler';

/** What a step can show: the noisy sample itself, or the picture that the model sees in it. */
export type PreviewKind = 'sample' | 'pred_original_sample';

/** Options of every call in which a diffusion model draws, under diffusers' names. */
export interface SamplingOptions {
  /**
   * 0 to 2⁵³ − 1. Default: random; each image and each event reports the seed used. A picture is the same whatever the
   * size of its batch.
   */
  seed?: number;
  /**
   * Steps of the schedule, 1 to the model's `num_train_timesteps`. Default: `info.num_inference_steps` with the folder's
   * scheduler; otherwise 25, or 1000 with DDPMScheduler.
   */
  num_inference_steps?: number;
  /** One of diffusers' classes, with the folder's numbers. Default: the folder's own. */
  scheduler?: SchedulerName;
  /** 0 to 1: noise in each step of DDIMScheduler, up to as much as DDPMScheduler's. Default: 0. Not with other schedulers. */
  eta?: number;
  /** `[pictures, channels, height, width]` of a sample: unit-variance noise, instead of noise from the seed. */
  latents?: Float32Array;
  /** What each step shows. `'none'` is fastest: no picture is read back before the end. Default: `'pred_original_sample'`. */
  preview?: PreviewKind | readonly PreviewKind[] | 'none';
  /**
   * Stops the call at its next step; its promise rejects with code `aborted`. What a stream has reported stays with the
   * caller.
   */
  signal?: AbortSignal;
}

/** Options of a call in which a diffusion model draws without prompts. */
export interface DiffusionOptions extends SamplingOptions {
  /** 1 to 256 pictures. Default: the number of `latents` or `class_labels`, else 1. */
  batch_size?: number;
  /** A class for all pictures or one for each, from 0 to `num_classes` − 1. Default: drawn evenly from the seed. Only with classes. */
  class_labels?: number | readonly number[];
  /**
   * 0 to 100: how far to go from what the model does without a class (0) to what it does with it (1), and beyond:
   * `without + scale · (with − without)`. Other than 0 and 1 it takes two evaluations a step. Default: `info.guidance_scale`. Only where `info.guidance` is true.
   */
  guidance_scale?: number;
}

/** What to draw: a text, or a list of up to 256. What is longer than `info.max_prompt_tokens` is cut off, and reported. */
export type ImagePrompt = string | readonly string[];

/** Options of a call in which a diffusion model draws from prompts. */
export interface TextToImageOptions extends SamplingOptions {
  /** What not to draw: a text for all prompts, or one for each. Only with guidance. Default: an empty text. */
  negative_prompt?: string | readonly string[];
  /**
   * Pictures of each prompt, one prompt after the other; 256 of all prompts at most, and fewer of large ones (170 of
   * 512 × 512, 10 of 2048 × 2048). Default: 1.
   */
  num_images_per_prompt?: number;
  /**
   * 0 to 100: how far to go from what the model does with `negative_prompt` to what it does with the prompt. Up to 1 only
   * the prompt counts, and a step takes one evaluation. Above 1 it takes
   * two evaluations a step, unless the model was distilled to be told the number. Default: `info.guidance_scale`.
   */
  guidance_scale?: number;
  /** 0 to 1: how much of the contrast that guidance adds is taken back. Default: 0. Only with guidance. */
  guidance_rescale?: number;
  /** The size of the pictures in pixels, multiples of `info.size_multiple` up to 2048. Default: `info.sample_size`, which it draws best. */
  height?: number;
  width?: number;
  /** How many of the text encoder's last layers are left out. Default: 0. */
  clip_skip?: number;
  /** Whether each step reports where each word of the prompt counts, at the size of the latents. Default: false. */
  output_attentions?: boolean;
}

/** How much each pixel of a picture's sample attends to each word of its prompt: the mean over all heads and layers. */
export interface WordAttentions {
  /** The words of each picture's prompt. */
  readonly words: readonly (readonly string[])[];
  /** The maps' size: the sample's, which in latent space is smaller than the picture. */
  readonly height: number;
  readonly width: number;
  /** `[words, height, width]` of each picture, one after the other. */
  readonly values: Float32Array;
}

/** After each evaluation of the model, one or two with guidance. */
export interface DiffusionStepEvent {
  type: 'step';
  /** Counts the steps of this call from 0. */
  step_index: number;
  /** How many there will be: with resampling more, and from a picture fewer, than `num_inference_steps`. */
  num_steps: number;
  /** What the model was given: how noisy the sample was, from `num_train_timesteps` − 1 (noise) to 0 (the picture). */
  timestep: number;
  /** How much of the call is done, 0 to 1. */
  fraction: number;
  seed: number;
  /** The pictures of the first kind that `preview` asks for; none with `'none'`. */
  images: ImageData[];
  /** The pictures of each kind that `preview` asks for. In latent space they are quick sketches, a colour for each latent. */
  previews: Partial<Record<PreviewKind, ImageData[]>>;
  /** With `output_attentions`. */
  attentions?: WordAttentions;
  /** For each prompt the end that was cut off, or null. Absent where none was too long. */
  truncated?: readonly (string | null)[];
  /** Of each prompt, the words that were drawn where the model's lexicon has others; absent if that is so of none. */
  understood?: readonly (string | null)[];
}

export interface DiffusionCompleteEvent {
  type: 'complete';
  seed: number;
  images: GeneratedImage[];
  /** For each prompt the end that was cut off, or null. Absent where none was too long. */
  truncated?: readonly (string | null)[];
  /** Of each prompt, the words that were drawn where the model's lexicon has others; absent if that is so of none. */
  understood?: readonly (string | null)[];
}

export type DiffusionEvent = DiffusionStepEvent | DiffusionCompleteEvent;

/** Anything that is a picture, or the URL of one. Of an animation the first frame. */
export type ImageSource =
  | ImageData
  | { readonly data: ArrayLike<number>; readonly width: number; readonly height: number }
  | ImageBitmap
  | Blob
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | string
  | URL;

/** How a picture comes to the model's size. */
export interface FitOptions {
  /** Show all of it, or fill the size and lose what is beyond, or stretch it. Default: `'contain'`. */
  fit?: 'contain' | 'cover' | 'fill';
  /** A CSS colour for what is transparent, and beside a picture that is contained. Default: `'black'`. */
  background?: string;
}

/**
 * Options of a call in which a model without prompts makes a picture of a picture. One of three ways: a variation of it
 * (the default), inpainting (`mask_image`), or super-resolution (`downsampling_factor`).
 */
export interface ImageToImageOptions extends DiffusionOptions, FitOptions {
  /**
   * Variation: above 0 and up to 1, how much of the schedule the picture goes through: the last
   * `floor(num_inference_steps · strength)` steps, as in diffusers. Default: 0.8.
   */
  strength?: number;
  /** Variation, instead of `strength`: start at the first timestep of the schedule that is at most this. */
  timestep?: number;
  /**
   * Inpainting: light where to paint, dark what to keep; half light counts as light. A picture of the same shape, of any
   * size, fitted as the picture is; its transparent parts are dark. Dark everywhere it is refused, light everywhere it
   * paints all.
   */
  mask_image?: ImageSource;
  /** Inpainting: steps that are taken back at once, 1 to `num_inference_steps` − 1. Default: 10, or as many as there are. */
  jump_length?: number;
  /**
   * Inpainting: how often each stretch of them is gone through, so that the new part comes to fit the old; 1 to 100, and 1
   * takes nothing back. Default: 10.
   */
  jump_n_sample?: number;
  /**
   * Super-resolution: a power of two above 1 that divides the model's size. What shows at a size this many times smaller
   * comes from the picture.
   */
  downsampling_factor?: number;
  /**
   * Super-resolution: the part of the steps that follow the picture, above 0 and up to 1; then the model is free. At 1 the
   * result made small is the picture made small, but for what is lighter or darker than a byte can be. Default: 0.8.
   */
  control_guidance_end?: number;
}

/**
 * Options of a call in which a model with prompts makes a picture of a picture: a variation of it (the default), or
 * inpainting (`mask_image`).
 */
export interface TextGuidedImageToImageOptions extends TextToImageOptions, FitOptions {
  /** What to draw. */
  prompt: ImagePrompt;
  /** Above 0 and up to 1: how much of the schedule the picture goes through. Default: 0.8, or 1 with `mask_image`. */
  strength?: number;
  /** Variation, instead of `strength`: start at the first timestep of the schedule that is at most this. */
  timestep?: number;
  /** Inpainting: light where to paint, dark what to keep. Fitted as the picture is; its transparent parts are dark. */
  mask_image?: ImageSource;
}

/** How much noise `add_noise` adds: exactly one of `timestep` and `t`. */
export interface NoiseOptions extends FitOptions {
  /** A timestep of the model's schedule: `sqrt(alphas_cumprod) · picture + sqrt(1 − alphas_cumprod) · noise`. */
  timestep?: number;
  /** 0 to 1: `sqrt(1 − t) · picture + sqrt(t) · noise`. */
  t?: number;
  /** The noise is the one that a call with this seed starts from. Default: random; the image reports the seed used. */
  seed?: number;
  signal?: AbortSignal;
}

/** A picture with noise. */
export interface NoisyImage extends ImageData {
  readonly seed: number;
  /** What is left of the picture's variance, 0 to 1: `alphas_cumprod`, or `1 − t`. */
  readonly alpha: number;
  /** As it was asked for. */
  readonly timestep?: number;
  readonly t?: number;
}

/** How pictures come to a VAE. */
export interface EncodeOptions extends FitOptions {
  signal?: AbortSignal;
}

/**
 * What a VAE's encoder says of pictures: each latent is normal, with this mean and variance `exp(logvar)`, and independent of
 * the others.
 */
export interface Posterior {
  /** `[pictures, latent_dim]` */
  readonly mean: Float32Array;
  /** `[pictures, latent_dim]` */
  readonly logvar: Float32Array;
}

/** What pipelines of all tasks say of their model. */
export interface ModelInfo {
  /**
   * What the folder's files have and Hearth passed over, as transformers and diffusers do, or what it could not check. Each is
   * a sentence that names the file. Empty where there is nothing to say. The console has them too.
   */
  readonly warnings: readonly string[];
}

/** What pipelines of all tasks have. */
export interface Pipeline {
  readonly info: ModelInfo;
  /** Gives the model's memory back. Calls after this reject with code `disposed`. */
  dispose(): Promise<void>;
  /** Where the model runs. */
  readonly device: 'webgpu' | 'cpu';
  /** The GPU's name as far as the browser reports it; empty on the CPU. */
  readonly adapter: string;
  /** Whether a processor stands in for the GPU. `auto` takes the CPU then, which is faster. */
  readonly is_fallback_adapter: boolean;
  /** Why `auto` did not take WebGPU. */
  readonly fallback_reason?: string;
}

/** A GAN that draws pictures from noise. */
export interface GanPipeline extends Pipeline {
  (options?: GanOptions): Promise<JudgedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(options?: GanOptions): AsyncGenerator<GanEvent, void, void>;
  readonly info: ModelInfo & {
    readonly kind: 'gan';
    readonly image_size: number;
    readonly num_classes: number;
    readonly latent_dim: number;
  };
}

/** A VAE of digits: a map that draws, and on which a digit has its place. */
export interface VaePipeline extends Pipeline {
  (options?: VaeOptions): Promise<GeneratedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(options?: VaeOptions): AsyncGenerator<VaeEvent, void, void>;
  /** Where on the map a picture is, or each of several. Strokes are white on black. */
  encode(pictures: ImageSource | readonly ImageSource[], options?: EncodeOptions): Promise<Posterior>;
  readonly info: ModelInfo & {
    readonly kind: 'vae';
    readonly image_size: number;
    /** 1 is grey, 3 are red, green and blue. */
    readonly num_channels: number;
    readonly latent_dim: number;
    /** The weight that the KL divergence had in training. */
    readonly beta: number;
  };
}

export interface DiffusionInfo extends ModelInfo {
  readonly kind: 'diffusion';
  /** Whether it draws from prompts. */
  readonly prompts: boolean;
  /** The most tokens of a prompt, those that begin and end it included; 0 for a model without prompts. */
  readonly max_prompt_tokens: number;
  /** Height and width of its pictures, unless a call asks for others. */
  readonly sample_size: readonly [height: number, width: number];
  /** What `height` and `width` must be multiples of. */
  readonly size_multiple: number;
  /** 1 is grey, 3 are red, green and blue. */
  readonly channels: number;
  /** Classes that can be asked for; 0 for a model without. */
  readonly num_classes: number;
  /** Their names, where the model has names for them; empty otherwise. */
  readonly labels: readonly string[];
  /** Whether `guidance_scale` works. */
  readonly guidance: boolean;
  /** Its default: the folder's, or 1. */
  readonly guidance_scale: number;
  /** The folder's scheduler. */
  readonly scheduler: SchedulerName;
  /** All that work with it. */
  readonly schedulers: readonly SchedulerName[];
  readonly num_train_timesteps: number;
  /** The default with the folder's scheduler. */
  readonly num_inference_steps: number;
  readonly prediction_type: 'epsilon' | 'sample' | 'v_prediction';
  /** How the weights are kept. */
  readonly dtype: Exclude<DType, 'auto'>;
}

/** A diffusion model that draws pictures from noise. */
export interface DiffusionPipeline extends Pipeline {
  (options?: DiffusionOptions): Promise<GeneratedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(options?: DiffusionOptions): AsyncGenerator<DiffusionEvent, void, void>;
  readonly info: DiffusionInfo;
}

/** A diffusion model that draws pictures from prompts. */
export interface TextToImagePipeline extends Pipeline {
  (prompt: ImagePrompt, options?: TextToImageOptions): Promise<GeneratedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(prompt: ImagePrompt, options?: TextToImageOptions): AsyncGenerator<DiffusionEvent, void, void>;
  readonly info: DiffusionInfo;
}

/** Draws pictures from noise. `info.kind` says which of the three it is. */
export type ImagePipeline = GanPipeline | VaePipeline | DiffusionPipeline;

/** A diffusion model that makes pictures of pictures. Which options it takes depends on `info.prompts`. */
export interface ImageToImagePipeline extends Pipeline {
  (
    image: ImageSource,
    options?: ImageToImageOptions | TextGuidedImageToImageOptions,
  ): Promise<GeneratedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(
    image: ImageSource,
    options?: ImageToImageOptions | TextGuidedImageToImageOptions,
  ): AsyncGenerator<DiffusionEvent, void, void>;
  /** The picture with noise, as the model sees it at a timestep. */
  add_noise(image: ImageSource, options: NoiseOptions): Promise<NoisyImage>;
  readonly info: DiffusionInfo;
}

/** What a text begins with: a text, or the ids of its tokens. An empty one starts from the model's `bos_token_id`. */
export type Prompt = string | readonly number[];

/**
 * Options of a call that writes, under transformers' names. Where a model has a `generation_config.json`, its values are
 * the defaults.
 */
export interface WriteOptions {
  /** The most tokens, those of the prompt included. Not with `max_new_tokens`. */
  max_length?: number;
  /** The most tokens after the prompt. Default: 50, or what is left of the model's context. */
  max_new_tokens?: number;
  /** The text does not end before it has this many new tokens. Default: 0. */
  min_new_tokens?: number;
  /** Draw each token by its probability, instead of taking the likeliest. Default: false. */
  do_sample?: boolean;
  /** Above 0: below 1 makes likely tokens likelier, above 1 less so. Default: 1. Like the next four only with `do_sample`. */
  temperature?: number;
  /** Draw only from this many of the likeliest tokens; 0 from all. Default: 50. */
  top_k?: number;
  /** Draw only from the likeliest tokens that have this probability together. Default: 1. */
  top_p?: number;
  /** Draw only from tokens with at least this share of the likeliest one's probability. Default: 0. */
  min_p?: number;
  /** Draw only from the most typical tokens that have this probability together. Default: 1. */
  typical_p?: number;
  /** Above 1: tokens that are there already become less likely. Default: 1. */
  repetition_penalty?: number;
  /** No n-gram of this size occurs twice; 0 = off. Default: 0. */
  no_repeat_ngram_size?: number;
  /**
   * How many new tokens may come before the end becomes likelier, and by what factor its score then grows with each token, above 0
   * and at most 100; below 1 it becomes less likely. Such as `[100, 1.01]`. `[0, 1]` turns a model's own off. Default: none.
   */
  exponential_decay_length_penalty?: readonly [start: number, factor: number];
  /** Words that never come. */
  bad_words?: string | readonly string[];
  /** Follow this many continuations at once and take the most probable (beam search); 1 to 64. Default: 1. */
  num_beams?: number;
  /** Above 0 favours long beams, below 0 short ones. Default: 1. Only with beams. */
  length_penalty?: number;
  /**
   * `true` ends the search as soon as there are `num_beams` texts, `false` when a better one is unlikely, `'never'` when none
   * is possible. Default: false. Only with beams.
   */
  early_stopping?: boolean | 'never';
  /** Texts to give; 1 to 64. More than one needs `do_sample`, or as many beams. Default: 1. */
  num_return_sequences?: number;
  /** The tokens that end a text. Default: the model's. */
  eos_token_id?: number | readonly number[];
  /** A text ends after any of these. One may begin in the prompt, or be the name of a special token. */
  stop_strings?: string | readonly string[];
  /** 0 to 2⁵³ − 1: the same one draws the same text. Default: random; each event reports the seed used. */
  seed?: number;
  /** Put the prompt in front of `generated_text`. Default: true. */
  return_full_text?: boolean;
  /** With each token of a stream, this many of the likeliest tokens at its place; 0 to 100. Default: 0. */
  top_logprobs?: number;
  /**
   * Stops the call at its next token, or 64 tokens of a prompt; its promise rejects with code `aborted`. What a stream has
   * reported stays with the caller.
   */
  signal?: AbortSignal;
}

/** A finished text. */
export interface GeneratedText {
  /** Prompt and text, or the text alone without `return_full_text`. */
  readonly generated_text: string;
  /** The new tokens. */
  readonly token_ids: readonly number[];
  /** All the tokens that were asked for, or that the context has room for; the model ended it; a stop string came. */
  readonly finish_reason: 'length' | 'eos-token' | 'stop-string';
}

/** A token that could have come. */
export interface Alternative {
  readonly token_id: number;
  /** Its text; U+FFFD where it is a part of a character, and empty for a token that ends texts. */
  readonly text: string;
  /** The natural logarithm of its probability. */
  readonly logprob: number;
}

/** A token that was written. */
export interface TokenEvent {
  type: 'token';
  /** Which of `num_return_sequences`. */
  sequence_index: number;
  token_id: number;
  /** The text that it completes: whole characters, or nothing while one is incomplete. All of them joined are the text. */
  text: string;
  /** The natural logarithm of the model's probability for it, before any option changed that. */
  logprob: number;
  /** The likeliest tokens at its place, as many as `top_logprobs`, the likeliest first. */
  top_logprobs: readonly Alternative[];
}

/** What all other events of a call that writes report. */
export interface WriteCall {
  seed: number;
  /** The tokens of the prompt. With those that have come since, they are a prompt that goes on exactly there. */
  prompt_ids: readonly number[];
}

/** First of all, then while a long prompt is read, and with each step of a beam search. */
export interface WriteStepEvent extends WriteCall {
  type: 'step';
  /** Counts these events from 0. */
  step_index: number;
  /** How much of the prompt has been read, 0 to 1. */
  fraction: number;
  /** The best beam so far, without the prompt. */
  text?: string;
}

export interface WriteCompleteEvent extends WriteCall {
  type: 'complete';
  /** The texts; from a beam search the best one first. */
  sequences: GeneratedText[];
}

export type WriteEvent = TokenEvent | WriteStepEvent | WriteCompleteEvent;

/** Which head to look at, both counted from 0. */
export interface AttentionOptions {
  layer?: number;
  head?: number;
  signal?: AbortSignal;
}

/** What one head attends to. */
export interface Attention {
  readonly token_ids: readonly number[];
  /** The text of each token; U+FFFD where it is a part of a character. */
  readonly tokens: readonly string[];
  /** `[length, length]`, row by row: how much each token attends to itself and to each before it. A row's sum is 1. */
  readonly attention: Float32Array;
}

/** How likely a text is. Its perplexity is `exp` of the mean of `-logprobs`, without the first. */
export interface Score {
  readonly token_ids: readonly number[];
  /** The text of each token; U+FFFD where it is a part of a character. */
  readonly tokens: readonly string[];
  /** The natural logarithm of each token's probability after those before it; 0 for the first, which has none. */
  readonly logprobs: Float32Array;
}

/** Writes texts. */
export interface TextPipeline extends Pipeline {
  (prompt: Prompt, options?: WriteOptions): Promise<GeneratedText[]>;
  /** The same, token by token. Leaving the loop stops the call. */
  stream(prompt: Prompt, options?: WriteOptions): AsyncGenerator<WriteEvent, void, void>;
  /** What a head attends to while it reads `prompt`. */
  attention(prompt: Prompt, options?: AttentionOptions): Promise<Attention>;
  /** How likely each token of `prompt` is after those before it. */
  score(prompt: Prompt, options?: { signal?: AbortSignal }): Promise<Score>;
  readonly info: ModelInfo & {
    readonly vocab_size: number;
    /** The most tokens of a prompt and its text together. */
    readonly n_positions: number;
    readonly n_layer: number;
    readonly n_head: number;
    /** How the weights are kept. */
    readonly dtype: Exclude<DType, 'auto'>;
  };
}

/** A place in a text that can be drawn. */
export interface Scene {
  /** In the order in which the scenes of a text are found. */
  readonly scene_index: number;
  /** Where its sentence begins and ends in the whole text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** What to draw, in the illustrator's words; without a lexicon the sentence itself. */
  readonly caption: string;
  /** Who or what is seen, where, and when, as far as the lexicon says. */
  readonly subjects: readonly string[];
  readonly place: string | null;
  readonly time: string | null;
}

/** A scene with its picture; null where none was drawn yet. */
export interface IllustratedScene extends Scene {
  image: GeneratedImage | null;
}

export interface IllustratedStory {
  /** The whole text, prompt included. */
  text: string;
  /** The same one makes the story again: its text, and the picture of scene i with this seed plus i. */
  seed: number;
  /** In the order of the text. */
  scenes: IllustratedScene[];
}

/** What the illustrator understands of a prompt. */
export interface Understood {
  /** The prompt in the illustrator's words. With `language` `'other'` it is the prompt itself. */
  readonly caption: string;
  readonly language: 'en' | 'zh' | 'other';
  /** What was recognised, and where in the prompt. */
  readonly terms: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
    readonly name: string;
    readonly kind: string;
  }[];
  /** Whether the caption differs from the prompt. */
  readonly changed: boolean;
}

/** Options of pictures that a story takes too, for all of its pictures. */
type PictureOptions = Pick<
  TextToImageOptions,
  | 'num_inference_steps'
  | 'scheduler'
  | 'eta'
  | 'preview'
  | 'negative_prompt'
  | 'guidance_scale'
  | 'guidance_rescale'
  | 'height'
  | 'width'
  | 'clip_skip'
>;

/** A story has one text, and its scenes are looked for in all of it. */
type OneText = Omit<WriteOptions, 'num_return_sequences' | 'return_full_text'>;

/** Options of an illustrated story: those of a text, and these. */
export interface StoryOptions extends OneText, PictureOptions {
  /** Pictures at most, 0 to 16. Default: 3. */
  num_scenes?: number;
}

/** A scene's sentence is whole. It comes before the token that has shown that. */
export type SceneEvent = Scene & { type: 'scene' };

/** A scene's picture while it is drawn. */
export interface SceneStepEvent {
  type: 'step';
  scene_index: number;
  /** Counts the steps of this picture from 0. */
  step_index: number;
  num_steps: number;
  /** How much of the picture is done, 0 to 1. */
  fraction: number;
  /** As `preview` asks for: one picture, or none. */
  images: ImageData[];
}

export interface PictureEvent {
  type: 'picture';
  scene_index: number;
  image: GeneratedImage;
}

export interface StoryCompleteEvent extends IllustratedStory {
  type: 'complete';
}

export type StoryEvent = TokenEvent | SceneEvent | SceneStepEvent | PictureEvent | StoryCompleteEvent;

/**
 * Writes stories and illustrates them. A call that is stopped or fails rejects with an error whose `story` is what was made
 * until then. Where one of its models fails, the other's work goes on first.
 */
export interface IllustratedStoryPipeline extends Pipeline {
  (prompt: string, options?: StoryOptions): Promise<IllustratedStory>;
  /** The same, token by token and step by step. Leaving the loop stops the call. */
  stream(prompt: string, options?: StoryOptions): AsyncGenerator<StoryEvent, void, void>;
  /** The illustrator alone, as `text-to-image`: one scene anew, or another caption. */
  draw: {
    (caption: string, options?: TextToImageOptions): Promise<GeneratedImage[]>;
    stream(caption: string, options?: TextToImageOptions): AsyncGenerator<DiffusionEvent, void, void>;
  };
  /** The scenes of a text that is there already, in its order. */
  scenes(text: string, options?: { num_scenes?: number; signal?: AbortSignal }): Promise<Scene[]>;
  /** A prompt for the illustrator, in its own words. */
  understand(prompt: string, options?: { signal?: AbortSignal }): Promise<Understood>;
  readonly info: ModelInfo & {
    readonly writer: TextPipeline['info'];
    /** Null while it is still being loaded. */
    readonly illustrator: DiffusionInfo | null;
    /** Whether the illustrator's folder has a `lexicon.json`, with which scenes are found. */
    readonly has_lexicon: boolean;
  };
}

export interface StoryPipelineOptions extends DiffusionPipelineOptions {
  /** The URL of the illustrator's folder: any for `text-to-image`. `variant` and `offload` are for it alone. */
  illustrator: string | URL;
}

/** Pictures of one size to train on. */
export interface Digits {
  /** `[count, height · width]`: a byte a pixel, white strokes on black. */
  readonly pixels: Uint8Array;
  /** The class of each; null where there are none. A model with classes needs them. */
  readonly labels: Uint8Array | null;
  readonly height: number;
  readonly width: number;
  readonly count: number;
}

/**
 * The URL of a folder with `images-idx3-ubyte.gz` and `labels-idx1-ubyte.gz`, or of a file of pictures in IDX, compressed
 * with gzip or not; or the pictures themselves.
 */
export type DigitsSource =
  string | URL | { pixels: Uint8Array; labels?: Uint8Array | null; height: number; width: number };

/**
 * Loads pictures in IDX, the format of MNIST. Rejects with `network` where a file is not there, and with `data-invalid` for
 * what is no IDX, is cut off, or does not fit together.
 *
 * @param url of a folder or of a file, as `data` of a training; relative to the page
 */
export function loadDigits(
  url: string | URL,
  options?: {
    /** Only so many, from 2 on: the first. */
    count?: number;
    signal?: AbortSignal;
    onProgress?: (progress: Progress) => void;
  },
): Promise<Digits>;

/** How a GAN is trained. All but `seed` can be changed while it runs. */
export interface TrainingOptions {
  /** Real pictures, and as many fake ones, a step. Default: 64. */
  batch_size?: number;
  /** Default: 2e-4. */
  learning_rate?: number;
  /** Of Adam: how much the means of gradients and of their squares remember. Default: `[0.9, 0.999]`. */
  betas?: readonly [number, number];
  /** How often the discriminator learns in a step, in which the generator learns once. Default: 1. */
  discriminator_steps?: number;
  /** 0 to 1: what is taken from the label of real pictures, so that the discriminator is never sure. Default: 0. */
  label_smoothing?: number;
  /**
   * 0 to 0.9: the share of the discriminator's fakes, rounded down, that are real pictures with the label of another class. It has
   * to look at the label then, and pictures become what they are asked to be several times sooner. Of no effect without classes.
   * Default: 0.
   */
  mismatched_labels?: number;
  /** Default: `'Adam'`. */
  optimizer?: 'Adam' | 'SGD';
  /** Binary cross-entropy, the hinge loss, or Wasserstein's with clipped weights. Default: `'bce'`. */
  loss?: 'bce' | 'hinge' | 'wasserstein';
  /** With `loss` `'wasserstein'`: the discriminator's weights stay within ± this. Default: 0.01. */
  weight_clip?: number;
  /** 0 to 2⁵³ − 1: draws weights, batches and noise. Default: random. */
  seed?: number;
}

/** Options of a call that trains. */
export interface TrainingCall extends TrainingOptions {
  /** How many steps, from 1 on. Default: until the call is stopped. */
  steps?: number;
  /** Pictures and verdicts come each time after this many steps, and after the last; 0 for none. Default: 20. */
  sample_every?: number;
  /** Whether it goes on from where it is, with the options given changed. Default: false, it begins anew. */
  resume?: boolean;
  /** Stops the call; what has been learnt stays. */
  signal?: AbortSignal;
}

export interface TrainingStepEvent {
  type: 'step';
  /** How many steps the model has been trained for, this one included. */
  step_index: number;
  d_loss: number;
  g_loss: number;
  /** The discriminator's mean verdict on the real pictures of the batch, before it learnt from them. */
  d_real: number;
  /** And on the generated ones. With `'bce'` both are probabilities, with other losses any numbers. */
  d_fake: number;
  /** Forty pictures of noise that stays the same, so that they can be compared over time. Only every `sample_every` steps. */
  images?: ImageData[];
  /** The verdict on each real picture of the batch, and on each generated one. Where there are `images`. */
  verdicts?: { readonly real: Float32Array; readonly fake: Float32Array };
}

export interface TrainingCompleteEvent {
  type: 'complete';
  step_index: number;
}

export type TrainingEvent = TrainingStepEvent | TrainingCompleteEvent;

export interface TrainingPipelineOptions extends Pick<PipelineOptions, 'device' | 'signal' | 'onProgress'> {
  /** What it is trained on. `onProgress` reports its bytes. */
  data: DigitsSource;
}

/** A GAN in training. Each pipeline trains one of its own. */
export interface GanTrainingPipeline extends Pipeline {
  /** Trains, step by step. Leaving the loop stops it, and `resume` goes on. One call at a time. */
  stream(options?: TrainingCall): AsyncGenerator<TrainingEvent, void, void>;
  /** Draws the weights anew, as `stream` without `resume` does, and takes no step. */
  reset(options?: TrainingOptions): Promise<void>;
  /** Changes options, between two steps of a call under way too. */
  change(options: TrainingOptions): Promise<void>;
  /** The options in force. */
  options(): Promise<Required<TrainingOptions>>;
  /** How many steps it has been trained for, those included that a call did not report because it was stopped. */
  steps(): Promise<number>;
  /** The forty pictures of the generator as it is. */
  sample(): Promise<ImageData[]>;
  /** A checkpoint in safetensors: weights under PyTorch's names, and what is needed to go on. */
  save(): Promise<Blob>;
  /** Goes on from a checkpoint, at the step that it was saved at. */
  open(checkpoint: Blob | ArrayBuffer | Uint8Array): Promise<{ step_index: number }>;
  readonly info: ModelInfo & {
    readonly kind: 'gan';
    readonly image_size: number;
    readonly num_channels: number;
    readonly num_classes: number;
    readonly latent_dim: number;
    readonly data: {
      readonly count: number;
      readonly height: number;
      readonly width: number;
      readonly has_labels: boolean;
    };
  };
}

/** Where Hearth's files are, for pages whose bundler or host has them in other places. Addresses are relative to the page. */
export interface Settings {
  /** The script of the worker. Default: where the package has it. */
  workerUrl?: string | URL;
  /** The engine. Default: where the package has it. */
  wasmUrl?: string | URL;
  /**
   * The folder of the models that ship: what elements have by themselves, and what `models/` stands for at the beginning of a
   * model's address. Default: in the package `models/` beside the page, in a checkout its own `models/`.
   */
  modelsUrl?: string | URL;
  /** Whether models are kept in the browser for the next visit. Default: true. */
  cache?: boolean;
}

/** Changes settings. It must come before the first model is loaded. */
export function configure(settings: Settings): void;

/** The address of a model that ships, from its name: `modelUrl('gan-mnist')`. */
export function modelUrl(name: string): string;

/**
 * Loads a model.
 *
 * @param task what the model is for
 * @param model the URL of its folder, relative to the page, or its page on the Hugging Face Hub
 */
export function pipeline(
  task: 'unconditional-image-generation',
  model: string | URL,
  options?: PipelineOptions,
): Promise<ImagePipeline>;
export function pipeline(
  task: 'text-to-image',
  model: string | URL,
  options?: DiffusionPipelineOptions,
): Promise<TextToImagePipeline>;
export function pipeline(
  task: 'image-to-image',
  model: string | URL,
  options?: DiffusionPipelineOptions,
): Promise<ImageToImagePipeline>;
export function pipeline(
  task: 'text-generation',
  model: string | URL,
  options?: PipelineOptions,
): Promise<TextPipeline>;
/** Prepares a training. Only the folder's `config.json` is read: the weights begin at random. */
export function pipeline(
  task: 'gan-training',
  model: string | URL,
  options: TrainingPipelineOptions,
): Promise<GanTrainingPipeline>;
/**
 * Loads a writer, and an illustrator beside it. The promise resolves when the writer is there and the illustrator's weights have
 * begun to come; `onProgress` goes on, with the sum of both.
 */
export function pipeline(
  task: 'illustrated-story',
  model: string | URL,
  options: StoryPipelineOptions,
): Promise<IllustratedStoryPipeline>;

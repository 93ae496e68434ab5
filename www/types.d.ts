// The types of Hearth's public API, which `hearth.js` is checked against.

/** Where a model runs. `auto` takes WebGPU and falls back to the CPU. */
export type DevicePreference = 'auto' | 'webgpu' | 'cpu';

/** Bytes of weights so far, and in all once that is known. */
export interface Progress {
  loaded: number;
  total: number | null;
}

export interface PipelineOptions {
  /** Default: `auto`. */
  device?: DevicePreference;
  /** Stops the loading; the promise rejects with code `aborted`. */
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** How weights are kept: in 32 or 16 bits, or in 8 with a scale for each group. `auto` takes what suits model and device. */
export type DType = 'auto' | 'f32' | 'f16' | 'q8';

export interface TextPipelineOptions extends PipelineOptions {
  /** Default: `auto`. */
  dtype?: DType;
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

/** Options of a call that draws. */
export interface DrawOptions {
  /** 1 to 4096 pictures. Default: as many as `latents` or `class_labels` are for, or 1. */
  batch_size?: number;
  /** 0 to 2⁵³ − 1. Random by default; each picture tells it. */
  seed?: number;
  /** A class for all pictures or one for each. Default: drawn evenly from the seed. */
  class_labels?: number | readonly number[];
  /** `[batch, num_classes]`: how much of each class's embedding, instead of `class_labels`. */
  class_weights?: Float32Array;
  /** `[batch, latent_dim]`: unit-variance noise, instead of noise from the seed. */
  latents?: Float32Array;
  /** Above 0 and up to 1: noise beyond ±2 is drawn again and the rest scaled by this. Not with `latents`. */
  truncation?: number;
  /** Stops the call; its promise rejects with code `aborted`. */
  signal?: AbortSignal;
}

/** A picture with what it was made from. */
export interface GeneratedImage extends ImageData {
  /** The discriminator's probability that the picture is real, 0 to 1. */
  readonly score: number;
  readonly seed: number;
  /** `[latent_dim]` */
  readonly latents: Float32Array;
  /** The class, unless the model has none or `class_weights` mixed some. */
  readonly class_label?: number;
}

export interface StepEvent {
  type: 'step';
  /** Counts the steps of this call from 0. */
  step_index: number;
  /** How much of the call is done, 0 to 1. */
  fraction: number;
  seed: number;
  /** All pictures so far. */
  images: GeneratedImage[];
}

export interface CompleteEvent {
  type: 'complete';
  seed: number;
  images: GeneratedImage[];
}

export type DrawEvent = StepEvent | CompleteEvent;

/** What pipelines of all tasks have. */
export interface Pipeline {
  /** Gives the model's memory back. Calls after this reject with code `disposed`. */
  dispose(): Promise<void>;
  /** Where the model runs. */
  readonly device: 'webgpu' | 'cpu';
  /** The GPU's name as far as the browser tells it; empty on the CPU. */
  readonly adapter: string;
  /** Why `auto` did not take WebGPU. */
  readonly fallback_reason?: string;
}

/** Draws pictures from noise. */
export interface ImagePipeline extends Pipeline {
  (options?: DrawOptions): Promise<GeneratedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(options?: DrawOptions): AsyncGenerator<DrawEvent, void, void>;
  readonly info: { readonly image_size: number; readonly num_classes: number; readonly latent_dim: number };
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
  /** The text does not end before it has so many new tokens. Default: 0. */
  min_new_tokens?: number;
  /** Draw each token by its probability, instead of taking the likeliest. Default: false. */
  do_sample?: boolean;
  /** Above 0: below 1 makes likely tokens likelier, above 1 less so. Default: 1. Like the next four only with `do_sample`. */
  temperature?: number;
  /** Draw only from so many of the likeliest tokens; 0 from all. Default: 50. */
  top_k?: number;
  /** Draw only from the likeliest tokens that have this probability together. Default: 1. */
  top_p?: number;
  /** Draw only from tokens with at least this share of the likeliest one's probability. Default: 0. */
  min_p?: number;
  /** Draw only from the most typical tokens that have this probability together. Default: 1. */
  typical_p?: number;
  /** Above 1: tokens that are there already become less likely. Default: 1. */
  repetition_penalty?: number;
  /** No sequence of so many tokens comes twice; 0 allows all. Default: 0. */
  no_repeat_ngram_size?: number;
  /** Words that never come. */
  bad_words?: string | readonly string[];
  /** Follow so many continuations at once and take the most probable (beam search); 1 to 64. Default: 1. */
  num_beams?: number;
  /** Above 0 favours long beams, below 0 short ones. Default: 1. Only with beams. */
  length_penalty?: number;
  /** End the search as soon as there are `num_beams` texts, when a better one is unlikely, or impossible. Default: false. */
  early_stopping?: boolean | 'never';
  /** Texts to give; 1 to 64. More than one needs `do_sample`, or as many beams. Default: 1. */
  num_return_sequences?: number;
  /** The tokens that end a text. Default: the model's. */
  eos_token_id?: number | readonly number[];
  /** A text ends after any of these. */
  stop_strings?: string | readonly string[];
  /** 0 to 2⁵³ − 1: the same one draws the same text. Random by default; each event tells it. */
  seed?: number;
  /** Put the prompt in front of `generated_text`. Default: true. */
  return_full_text?: boolean;
  /** With each token, so many of the likeliest tokens at its place; 0 to 100. Default: 0. */
  top_logprobs?: number;
  /** Stops the call; its promise rejects with code `aborted`. What a stream has told stays with the caller. */
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

/** What all other events of a call that writes tell. */
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
  readonly info: {
    readonly vocab_size: number;
    /** The most tokens of a prompt and its text together. */
    readonly n_positions: number;
    readonly n_layer: number;
    readonly n_head: number;
    /** How the weights are kept. */
    readonly dtype: Exclude<DType, 'auto'>;
  };
}

/**
 * Loads a model.
 *
 * @param task what the model is for
 * @param model the URL of its folder, relative to the page
 */
export function pipeline(
  task: 'unconditional-image-generation',
  model: string | URL,
  options?: PipelineOptions,
): Promise<ImagePipeline>;
export function pipeline(
  task: 'text-generation',
  model: string | URL,
  options?: TextPipelineOptions,
): Promise<TextPipeline>;

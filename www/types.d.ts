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

/** Draws pictures from noise. */
export interface ImagePipeline {
  (options?: DrawOptions): Promise<GeneratedImage[]>;
  /** The same, step by step. Leaving the loop stops the call. */
  stream(options?: DrawOptions): AsyncGenerator<DrawEvent, void, void>;
  /** Gives the model's memory back. Calls after this reject with code `disposed`. */
  dispose(): Promise<void>;
  /** Where the model runs. */
  readonly device: 'webgpu' | 'cpu';
  /** The GPU's name as far as the browser tells it; empty on the CPU. */
  readonly adapter: string;
  /** Why `auto` did not take WebGPU. */
  readonly fallback_reason?: string;
  readonly info: { readonly image_size: number; readonly num_classes: number; readonly latent_dim: number };
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

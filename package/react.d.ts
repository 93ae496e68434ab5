// The types of the hooks for React, and of the elements in JSX.

import type { DetailedHTMLProps, HTMLAttributes } from 'react';

import type { ElementAttributes, ElementDetails } from '../www/elements/types.d.ts';
import type {
  DevicePreference,
  DiffusionOptions,
  DiffusionPipelineOptions,
  GanOptions,
  GeneratedText,
  HearthError,
  ImagePrompt,
  ImageSource,
  ImageToImageOptions,
  PipelineOptions,
  Progress,
  Prompt,
  TextGuidedImageToImageOptions,
  TextToImageOptions,
  VaeOptions,
  WriteOptions,
} from '../www/types.d.ts';

/** What a component can show of a model. */
export interface ModelState {
  /** A model is loaded with the first call. One that was stopped leaves what had come. */
  state: 'idle' | 'loading' | 'running' | 'complete' | 'stopped' | 'error';
  /** How much of the model has been loaded. */
  progress: Progress | null;
  device: Exclude<DevicePreference, 'auto'> | null;
  /** What went wrong, in `state` `'error'`. */
  error: HearthError | null;
}

/** Stops the call under way, and the loading. */
type Stop = () => void;
/** How a model is loaded. Another option or another address is another model; the object may be a new one each time. */
type Loading<Options> = Omit<Options, 'signal' | 'onProgress'>;
/** The hook stops a call; and its promise resolves when the call has ended, however that was. */
type Call<Options> = Omit<Options, 'signal'>;

export interface UseText extends ModelState {
  /** What has been written so far, without the prompt; the first text if there are several. */
  text: string;
  /** All texts, once they are complete. */
  sequences: GeneratedText[];
  /** Writes on from a prompt. A call under way is stopped. */
  write(prompt: Prompt, options?: Omit<Call<WriteOptions>, 'return_full_text'>): Promise<void>;
  stop: Stop;
}

export interface ImageState extends ModelState {
  /** The pictures: finished, or as they look by now. */
  images: ImageData[];
  /** How much of the call is done, 0 to 1. */
  fraction: number;
  stop: Stop;
}

export interface UseImage extends ImageState {
  /** Draws. A call under way is stopped. */
  draw(options?: Call<GanOptions | VaeOptions | DiffusionOptions>): Promise<void>;
}

export interface UseTextToImage extends ImageState {
  draw(prompt: ImagePrompt, options?: Call<TextToImageOptions>): Promise<void>;
}

export interface UseImageToImage extends ImageState {
  draw(
    image: ImageSource,
    options?: Call<ImageToImageOptions | TextGuidedImageToImageOptions>,
  ): Promise<void>;
}

/** Texts of a model, token by token. */
export function useText(model: string | URL, options?: Loading<PipelineOptions>): UseText;

/** Pictures of a model, step by step. */
export function useImage(
  model: string | URL,
  options?: Loading<PipelineOptions> & { task?: 'unconditional-image-generation' },
): UseImage;
export function useImage(
  model: string | URL,
  options: Loading<DiffusionPipelineOptions> & { task: 'text-to-image' },
): UseTextToImage;
export function useImage(
  model: string | URL,
  options: Loading<DiffusionPipelineOptions> & { task: 'image-to-image' },
): UseImageToImage;

/** The events of an element as React 19 has them: `oncomplete={(event) => event.detail.seed}`. */
type Listeners<Details> = {
  [Type in keyof Details & string as `on${Type}`]?: (event: CustomEvent<Details[Type]>) => void;
};

type Tag = keyof ElementAttributes & keyof ElementDetails & keyof HTMLElementTagNameMap;

type Props<Name extends Tag> = DetailedHTMLProps<
  HTMLAttributes<HTMLElementTagNameMap[Name]>,
  HTMLElementTagNameMap[Name]
> &
  ElementAttributes[Name] &
  Listeners<ElementDetails[Name]>;

type Tags = { [Name in Tag]: Props<Name> };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends Tags {}
  }
}

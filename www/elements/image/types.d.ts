// The types of <hearth-image>.

import type {
  DiffusionCompleteEvent,
  DiffusionOptions,
  DiffusionPipelineOptions,
  DiffusionStepEvent,
  GeneratedImage,
  SchedulerName,
  TextToImageOptions,
} from '../../types.d.ts';
import type { AttributesOf, CommonAttributes, Details, HearthElement } from '../types.d.ts';

/** What a picture starts from; or a comparison of schedulers. */
export type Mode = 'noise' | 'picture' | 'compare';

/** What a scheduler did in a comparison. */
export interface Run {
  scheduler: SchedulerName;
  num_steps: number;
  ms: number;
  images: GeneratedImage[];
}

/** `ms` counts from the beginning of the call. */
export interface ImageDetails extends Details {
  step: DiffusionStepEvent &
    ({ mode: 'noise' | 'picture'; ms: number } | { mode: 'compare'; scheduler: SchedulerName });
  complete: DiffusionCompleteEvent & { ms: number } & (
      { mode: 'noise' | 'picture' } | { mode: 'compare'; runs: Run[] }
    );
}

export interface HearthImage extends HearthElement<ImageDetails> {
  /** The pictures on show: finished, or the model's latest guesses. */
  readonly images: readonly ImageData[];
  /** Draws another picture. */
  redraw(): void;
}

/** The attributes of the element. */
export interface ImageAttributes
  extends
    CommonAttributes,
    AttributesOf<
      Omit<TextToImageOptions, 'latents' | 'preview' | 'signal' | 'output_attentions'> &
        Pick<DiffusionOptions, 'class_labels'> &
        Pick<DiffusionPipelineOptions, 'dtype' | 'variant' | 'offload'>
    > {
  /** Whether visitors get all that they can do. */
  controls?: boolean | '';
  /** What a picture starts from. */
  mode?: Mode;
  prompt?: string;
}

export const HearthImage: { new (): HearthImage; prototype: HearthImage };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-image': HearthImage;
  }
}

declare module '../types.d.ts' {
  interface ElementAttributes {
    'hearth-image': ImageAttributes;
  }
  interface ElementDetails {
    'hearth-image': ImageDetails;
  }
}

// The types of <hearth-map>.

import type { Details, HearthElement } from '../types.d.ts';

/** A batch of digits of the plane has been drawn. */
export interface MapStepEvent {
  type: 'step';
  /** Counts the batches of a view from 0. */
  step_index: number;
  /** How much of the view has been drawn, 0 to 1. */
  fraction: number;
  /** Of these digits: the plane has 2^level × 2^level of them. */
  level: number;
  latent_dim: number;
  beta: number;
}

/** All of a view has been drawn; or, of a network without a plane, all reconstructions. */
export interface MapCompleteEvent {
  type: 'complete';
  /** How many digits have been drawn for it. */
  num_images: number;
  latent_dim: number;
  beta: number;
}

export interface MapDetails extends Details {
  step: MapStepEvent;
  /** `ms` counts from when the view was asked for. */
  complete: MapCompleteEvent & { ms: number };
}

export interface HearthMap extends HearthElement<MapDetails> {
  /** The latents at the cursor. */
  readonly latents: Float32Array;
  /** Moves the cursor to these two latents, and shows them. */
  moveTo(latents: ArrayLike<number>): void;
  /** Shows all of the plane. */
  home(): void;
}

export const HearthMap: { new (): HearthMap; prototype: HearthMap };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-map': HearthMap;
  }
}

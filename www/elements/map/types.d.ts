// The types of <hearth-map>.

import type { AttributesOf, CommonAttributes, Details, HearthElement } from '../types.d.ts';

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

/** What of the data is on the plane, and which network draws. */
export interface MapOptions {
  /** The address of the digits that are shown on the plane. */
  data?: string;
  /** How many of them. */
  count?: number;
  scale?: 'quantile' | 'linear';
  beta?: number;
  latent_dim?: number;
  /** The networks of the folder that can be chosen. */
  betas?: readonly number[];
  latent_dims?: readonly number[];
}

/** The attributes of the element. */
export interface MapAttributes extends CommonAttributes, AttributesOf<MapOptions> {}

export const HearthMap: { new (): HearthMap; prototype: HearthMap };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-map': HearthMap;
  }
}

declare module '../types.d.ts' {
  interface ElementAttributes {
    'hearth-map': MapAttributes;
  }
  interface ElementDetails {
    'hearth-map': MapDetails;
  }
}

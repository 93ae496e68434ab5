// The types of <hearth-training>.

import type { TrainingCall, TrainingCompleteEvent, TrainingStepEvent } from '../../types.d.ts';
import type { AttributesOf, CommonAttributes, Details, HearthElement } from '../types.d.ts';

export interface TrainingDetails extends Details {
  step: TrainingStepEvent;
  complete: TrainingCompleteEvent;
}

export interface HearthTraining extends HearthElement<TrainingDetails> {
  /** The generator's latest pictures. */
  readonly images: readonly ImageData[];
  /** How many steps the model has been trained for. */
  readonly step_index: number;
  /** Trains, or goes on with it. */
  play(): Promise<void>;
  /** Pauses. What was learnt stays. */
  pause(): void;
  /** Takes one step. */
  step(): Promise<void>;
  /** Draws the weights anew. The curves so far stay, paler, to be compared with. */
  reset(): Promise<void>;
  /** A checkpoint in safetensors. */
  save(): Promise<Blob>;
  /** Goes on from a checkpoint. */
  open(checkpoint: Blob): Promise<void>;
}

/** The attributes of the element. */
export interface TrainingAttributes
  extends CommonAttributes, AttributesOf<Omit<TrainingCall, 'signal' | 'resume'>> {
  /** The address of what it is trained on. */
  data?: string;
  /** Whether it begins by itself. */
  autoplay?: boolean | '';
  /** Whether visitors get all that they can do. */
  controls?: boolean | '';
}

export const HearthTraining: { new (): HearthTraining; prototype: HearthTraining };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-training': HearthTraining;
  }
}

declare module '../types.d.ts' {
  interface ElementAttributes {
    'hearth-training': TrainingAttributes;
  }
  interface ElementDetails {
    'hearth-training': TrainingDetails;
  }
}

// The types of <hearth-digits>.

import type { GanCompleteEvent, GanStepEvent, JudgedImage } from '../../types.d.ts';
import type { Details, HearthElement } from '../types.d.ts';

/** `ms` counts from the beginning of the call. */
export interface DigitsDetails extends Details {
  step: GanStepEvent & { ms: number };
  complete: GanCompleteEvent & { ms: number };
}

export interface HearthDigits extends HearthElement<DigitsDetails> {
  /** The pictures on show, with what they were made from. */
  readonly images: readonly JudgedImage[];
  /** Draws other digits: the same number, if one is written, in another hand. */
  redraw(): void;
}

export const HearthDigits: { new (): HearthDigits; prototype: HearthDigits };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-digits': HearthDigits;
  }
}

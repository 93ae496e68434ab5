// The types of <hearth-digits>.

import type { GanCompleteEvent, GanOptions, GanStepEvent, JudgedImage } from '../../types.d.ts';
import type { AttributesOf, CommonAttributes, Details, HearthElement } from '../types.d.ts';

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

/** The attributes of the element. */
export interface DigitsAttributes
  extends
    CommonAttributes,
    AttributesOf<Pick<GanOptions, 'seed' | 'batch_size' | 'class_labels' | 'truncation'>> {
  /** Whether visitors get all that they can do. */
  controls?: boolean | '';
}

export const HearthDigits: { new (): HearthDigits; prototype: HearthDigits };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-digits': HearthDigits;
  }
}

declare module '../types.d.ts' {
  interface ElementAttributes {
    'hearth-digits': DigitsAttributes;
  }
  interface ElementDetails {
    'hearth-digits': DigitsDetails;
  }
}

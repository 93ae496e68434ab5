// The types of <hearth-text>.

import type {
  DType,
  GeneratedText,
  TokenEvent,
  WriteCall,
  WriteOptions,
  WriteStepEvent,
} from '../../types.d.ts';
import type { AttributesOf, CommonAttributes, Details, HearthElement } from '../types.d.ts';

/** `ms` counts from the beginning of the call. */
export interface TextDetails extends Details {
  step: WriteStepEvent & { ms: number };
  token: TokenEvent & { ms: number };
  /** Has no `seed` when a visitor has ended the text by picking its last token. */
  complete: Partial<WriteCall> & {
    type: 'complete';
    sequences: GeneratedText[];
    /** The first of them. */
    text: string;
    /** Whether a visitor had a hand in it, so that its seed alone does not write it again. */
    continued: boolean;
    ms: number;
  };
}

/** A beginning to try. */
export interface Preset {
  /** What its button says. */
  title: string;
  prompt: string;
  options: WriteOptions;
}

export interface HearthText extends HearthElement<TextDetails> {
  /** The text on show, prompt included; the first if there are several. */
  readonly text: string;
  /** The beginnings that visitors are offered. */
  set presets(presets: readonly Preset[]);
  /** Writes another text after the same prompt. */
  regenerate(): void;
  /** Goes on where the text has stopped, from its very tokens. */
  continue(): void;
}

/** The attributes of the element. */
export interface TextAttributes extends CommonAttributes, AttributesOf<Omit<WriteOptions, 'signal'>> {
  /** Whether visitors get all that they can do. */
  controls?: boolean | '';
  prompt?: string;
  dtype?: DType;
}

export const HearthText: { new (): HearthText; prototype: HearthText };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-text': HearthText;
  }
}

declare module '../types.d.ts' {
  interface ElementAttributes {
    'hearth-text': TextAttributes;
  }
  interface ElementDetails {
    'hearth-text': TextDetails;
  }
}

// The types of <hearth-story>.

import type {
  DType,
  IllustratedScene,
  PictureEvent,
  SceneEvent,
  SceneStepEvent,
  StoryOptions,
  TokenEvent,
} from '../../types.d.ts';
import type { AttributesOf, CommonAttributes, Details, HearthElement } from '../types.d.ts';

/** A scene of the book with its picture, and the caption that a reader may have changed. */
export type BookScene = Pick<IllustratedScene, 'scene_index' | 'start' | 'end' | 'caption' | 'image'>;

/** `ms` counts from the beginning of the call. */
export interface StoryDetails extends Details {
  token: TokenEvent & { ms: number };
  scene: SceneEvent & { ms: number };
  step: SceneStepEvent & { ms: number };
  picture: PictureEvent & { ms: number };
  /** A story has been told, or changed. */
  complete: {
    type: 'complete';
    text: string;
    title: string;
    seed: number;
    /** In the order of the text. */
    scenes: BookScene[];
    /** Whether a reader had a hand in it, so that its seed alone does not make it again. */
    continued: boolean;
    ms: number;
  };
}

export interface HearthStory extends HearthElement<StoryDetails> {
  /** The text on show, prompt included. */
  readonly text: string;
  /** The story's title, which is made from its text. */
  readonly storyTitle: string;
  /** The scenes on show, in the order of the text. */
  readonly scenes: BookScene[];
  /** Tells another story with the same beginning. */
  regenerate(): void;
  /** Draws the pictures of the text that are missing. */
  illustrate(): void;
  /** Draws another picture of a scene, or one of another caption. */
  redraw(scene_index: number, caption?: string): void;
  /** The story as one HTML file, with its pictures in it. */
  html(): Promise<Blob>;
}

/** The attributes of the element. */
export interface StoryAttributes
  extends CommonAttributes, AttributesOf<Pick<StoryOptions, 'seed' | 'num_scenes' | 'max_length'>> {
  /** The address of a folder for `text-to-image`. */
  illustrator?: string;
  /** How the story begins. */
  prompt?: string;
  /** Whether it is told as soon as a reader comes to it. */
  autoplay?: boolean | '';
  dtype?: DType;
}

export const HearthStory: { new (): HearthStory; prototype: HearthStory };

declare global {
  interface HTMLElementTagNameMap {
    'hearth-story': HearthStory;
  }
}

declare module '../types.d.ts' {
  interface ElementAttributes {
    'hearth-story': StoryAttributes;
  }
  interface ElementDetails {
    'hearth-story': StoryDetails;
  }
}

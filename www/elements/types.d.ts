// The types of what Hearth's elements have in common.

import type { DevicePreference, ErrorCode, Pipeline, Progress } from '../types.d.ts';

/** The `detail` of each event that every element has. */
export interface Details {
  /** The model has been loaded. */
  load: Pick<Pipeline, 'device' | 'adapter' | 'is_fallback_adapter' | 'fallback_reason'> & {
    /** What is in the model's files that was passed over or could not be checked, a sentence each. */
    warnings: readonly string[];
  };
  progress: Progress;
  error: { code: ErrorCode; message: string };
}

/** The events of an element, by the details of those that are its own. */
export type EventMap<D> = Omit<HTMLElementEventMap, keyof D> & { [Type in keyof D]: CustomEvent<D[Type]> };

export interface HearthElement<D extends Details = Details> extends HTMLElement {
  /** Loads the model if need be and does the element's work. A job under way is stopped. */
  start(): Promise<void>;
  /** Stops the job under way. Its results so far stay. */
  stop(): void;
  addEventListener<Type extends keyof EventMap<D>>(
    type: Type,
    listener: (this: this, event: EventMap<D>[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof EventMap<D>>(
    type: Type,
    listener: (this: this, event: EventMap<D>[Type]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** The name of an option as that of an attribute. */
type Kebab<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}-${Kebab<Tail>}`
  : Name;

/** The value of an option as that of an attribute. A list is a text with spaces between its parts. */
type Attribute<Value> = Value extends string
  ? Value
  : Value extends number
    ? number | `${number}`
    : Value extends boolean
      ? boolean | `${boolean}` | ''
      : string;

/** Options as attributes. */
export type AttributesOf<Options> = {
  [Name in keyof Options & string as Kebab<Name>]?: Attribute<NonNullable<Options[Name]>>;
};

/** The attributes that every element has. */
export interface CommonAttributes {
  /** The address of the model's folder. */
  model?: string;
  device?: DevicePreference;
  /** Whether the model is loaded before a reader comes near. Default: `lazy`. */
  loading?: 'lazy' | 'eager';
}

/** The attributes of each element, by its tag. Its own types add them here. */
export interface ElementAttributes {}

/** The details of each element's events, by its tag. */
export interface ElementDetails {}

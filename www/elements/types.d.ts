// The types of what Hearth's elements have in common.

import type { ErrorCode, Pipeline, Progress } from '../types.d.ts';

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

// Hooks for React: a text or pictures as they come, what is being loaded, and how to stop it.

'use client'; // for frameworks that render on a server

import { useCallback, useEffect, useRef, useState } from 'react';

import { HearthError, pipeline } from '../www/hearth.js';

/**
 * @typedef {import('./react.d.ts').ModelState} ModelState
 *
 * @typedef {object} Life what a component holds of one model
 * @property {Promise<any> | null} pipeline
 * @property {AbortController} loading
 * @property {AbortController | null} call
 */

/** @type {ModelState} */
const IDLE = { state: 'idle', progress: null, device: null, error: null };

/** @returns {Life} */
const newLife = () => ({ pipeline: null, loading: new AbortController(), call: null });

/** @param {Life} life */
function end(life) {
  life.loading.abort();
  life.call?.abort();
  life.pipeline?.then(
    (loaded) => loaded.dispose(),
    () => {},
  );
}

/**
 * A model that is loaded with the first call, and given back with the component. A call replaces the one before.
 * @template {object} Result
 * @param {string} task
 * @param {string | URL} model
 * @param {object} options of the pipeline
 * @param {Result} empty what there is before anything has come
 * @param {(before: Result, event: any) => Partial<Result>} after what an event changes
 */
function useModel(task, model, options, empty, after) {
  const [shown, show] = useState({ ...IDLE, ...empty });
  const own = useRef(/** @type {Life | null} */ (null));
  const key = JSON.stringify([task, model, options]);

  useEffect(() => {
    const life = newLife();
    own.current = life;
    return () => {
      if (own.current === life) own.current = null;
      end(life);
      show({ ...IDLE, ...empty }); // nothing of another model's stays
    };
  }, [key]);

  const stop = useCallback(() => {
    const { current: life } = own;
    if (!life) return;
    life.call?.abort();
    life.loading.abort();
  }, []);

  /** Calls the pipeline's `stream` with these, of which the last are options. */
  const call = useCallback(
    async (/** @type {any[]} */ inputs, /** @type {object} */ callOptions) => {
      const { current: life } = own;
      if (!life) return; // the component is gone
      life.call?.abort();
      const current = (life.call = new AbortController());
      const { signal } = current;
      const change = (/** @type {(before: ModelState & Result) => object} */ how) => {
        if (life.call === current && own.current === life) show((before) => ({ ...before, ...how(before) }));
      };
      try {
        change(() => ({ ...IDLE, ...empty, state: 'loading' }));
        if (life.loading.signal.aborted) life.loading = new AbortController();
        life.pipeline ??= /** @type {any} */ (pipeline)(task, model, {
          ...options,
          signal: life.loading.signal,
          onProgress: (/** @type {object} */ progress) => show((before) => ({ ...before, progress })),
        });
        const loaded = await life.pipeline?.catch((error) => {
          life.pipeline = null; // so that the next call tries again
          throw error;
        });
        change(() => ({ state: 'running', device: loaded.device }));
        for await (const event of loaded.stream(...inputs, { ...callOptions, signal })) {
          change((before) => after(before, event));
        }
        change(() => ({ state: 'complete' }));
      } catch (thrown) {
        const error = HearthError.from(thrown);
        change(() => (error.code === 'aborted' ? { state: 'stopped' } : { state: 'error', error }));
      }
    },
    [key],
  );
  return { shown, call, stop };
}

/** @type {{ text: string, sequences: import('../www/types.d.ts').GeneratedText[] }} */
const NO_TEXT = { text: '', sequences: [] };

/** @type {typeof import('./react.d.ts').useText} */
export function useText(model, options = {}) {
  const { shown, call, stop } = useModel('text-generation', model, options, NO_TEXT, (before, event) => {
    if (event.type === 'token') return event.sequence_index === 0 ? { text: before.text + event.text } : {};
    if (event.type === 'complete')
      return { sequences: event.sequences, text: event.sequences[0].generated_text };
    return event.text === undefined ? {} : { text: event.text };
  });
  const write = useCallback(
    (/** @type {any} */ prompt, callOptions = {}) =>
      call([prompt], { ...callOptions, return_full_text: false }),
    [call],
  );
  return { ...shown, write, stop };
}

/** @type {{ images: ImageData[], fraction: number }} */
const NO_IMAGES = { images: [], fraction: 0 };

/** @type {typeof import('./react.d.ts').useImage} */
export function useImage(
  /** @type {string | URL} */ model,
  { task = 'unconditional-image-generation', ...options } = {},
) {
  const { shown, call, stop } = useModel(task, model, options, NO_IMAGES, (before, event) => ({
    images: event.images?.length ? event.images : before.images,
    fraction: event.type === 'complete' ? 1 : event.fraction,
  }));
  const draw = useCallback(
    (/** @type {any[]} */ ...given) => {
      const inputs = task === 'unconditional-image-generation' ? [] : [given.shift()];
      return call(inputs, given[0] ?? {});
    },
    [call, task],
  );
  return { ...shown, draw, stop };
}

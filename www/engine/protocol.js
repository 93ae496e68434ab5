// How the page and the worker talk.
//
//   page → worker   { wasmUrl, ... }          settings, as soon as it is starting, then
//                   { id, type, ...params }   a request; { id, type: 'abort' } stops it
//   worker → page   { starting }              first of all: its modules are there. It loads the wasm, then
//                   { ready }                 the engine is loaded, and requests can come; or
//                   { failed, buildsDiffer }  it could not be loaded: why, and whether glue and wasm are of two builds
//                   { id, event }             any number of events, then exactly one of
//                   { id, result }            the request's result, or
//                   { id, error }             what went wrong: { code, message }
//                   { lost }                  without an id: the engine is dead, { code, message } says why

import { HearthError, aborted } from './errors.js';

/**
 * @typedef {{ code: string, message: string }} PlainError
 * @typedef {{ id: number, event?: any, result?: any, error?: PlainError } | { lost: PlainError }} Reply
 * @typedef {{ starting: true } | { ready: true } | { failed: string, buildsDiffer: boolean } | { lost: PlainError }} Opening
 * @typedef {{ id: number, type: string, [name: string]: any }} Request
 * @typedef {{ wasmUrl: string, modelsUrl: string, cache: boolean }} Settings
 */

/** The page's side: sends requests and settles a promise for each, whatever happens. */
export class Requests {
  #send;
  #next = 1;
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: HearthError) => void, onEvent?: (event: any) => void }>} */
  #open = new Map();
  /** @type {HearthError | null} */
  #closed = null;

  /** @param {(request: Request) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /** How many requests have no reply yet. */
  get open() {
    return this.#open.size;
  }

  /**
   * Sends a request. Aborting settles the promise at once; the worker stops at its next step.
   * @param {string} type
   * @param {Record<string, unknown>} params
   * @param {{ signal?: AbortSignal, onEvent?: (event: any) => void }} [options]
   * @returns {Promise<any>}
   */
  request(type, params, { signal, onEvent } = {}) {
    if (signal?.aborted) return Promise.reject(aborted());
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#send({ id, type: 'abort' });
        settle(() => reject(aborted()));
      };
      const settle = (/** @type {() => void} */ how) => {
        signal?.removeEventListener('abort', abort);
        this.#open.delete(id);
        how();
      };
      this.#open.set(id, {
        resolve: (result) => settle(() => resolve(result)),
        reject: (error) => settle(() => reject(error)),
        onEvent,
      });
      signal?.addEventListener('abort', abort, { once: true });
      try {
        this.#send({ ...params, id, type });
      } catch (error) {
        // What cannot be cloned into a message: a function among the options, for example.
        settle(() => reject(new HearthError('invalid-option', String(/** @type {Error} */ (error).message))));
      }
    });
  }

  /**
   * Takes a message from the worker.
   * @param {Reply} reply
   */
  receive(reply) {
    if ('lost' in reply) return this.close(HearthError.from(reply.lost));
    const request = this.#open.get(reply.id);
    if (!request) return; // aborted in the meantime
    if (reply.error) request.reject(HearthError.from(reply.error));
    else if ('result' in reply) request.resolve(reply.result);
    else request.onEvent?.(reply.event);
  }

  /**
   * Rejects what is open and all that comes after.
   * @param {HearthError} error
   */
  close(error) {
    this.#closed ??= error;
    for (const { reject } of [...this.#open.values()]) reject(error);
  }
}

/**
 * @typedef {{ signal: AbortSignal, emit: (event: any, transfer?: Transferable[]) => void }} Context
 * @typedef {(params: any, context: Context) => Promise<any>} Handler
 */

/**
 * The worker's side: answers each request with exactly one result or error.
 * @param {(reply: Reply, transfer?: Transferable[]) => void} send
 * @param {Record<string, Handler>} handlers
 * @returns {(request: Request) => Promise<void>} takes a message from the page
 */
export function serve(send, handlers) {
  /** @type {Map<number, AbortController>} */
  const open = new Map();
  return async ({ id, type, ...params }) => {
    if (type === 'abort') return open.get(id)?.abort(aborted());
    const controller = new AbortController();
    open.set(id, controller);
    try {
      const handler = handlers[type];
      if (!handler) throw new HearthError('internal', `no request is called ${type}`);
      const { signal } = controller;
      const result = await handler(params, {
        signal,
        emit: (event, transfer) => send({ id, event }, transfer),
      });
      send({ id, result });
    } catch (thrown) {
      const { code, message } = HearthError.from(thrown);
      send({ id, error: { code, message } });
    } finally {
      open.delete(id);
    }
  };
}

/** Lets the messages that have come be handled before going on. */
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(null);
  });
}

// Where the engine's files and the models are in the package, in place of www/engine/page/files.js: the files beside the
// module, in the form that bundlers look for, and the models beside the page, because they are no part of it.

/** The script of the worker. */
export const workerUrl = () => new URL('./hearth-worker.js', import.meta.url).href;

/** The wasm that it loads. */
export const wasmUrl = () => new URL('./hearth.wasm', import.meta.url).href;

/** The folder of the models. */
export const modelsUrl = () => new URL('models/', document.baseURI).href;

// Where the engine's files and the models are, unless the page says otherwise. In the package they are elsewhere, and
// package/files.js stands for this module.

/** The script of the worker. */
export const workerUrl = () => new URL('../worker/worker.js', import.meta.url).href;

/** The wasm that it loads. */
export const wasmUrl = () => new URL('../../pkg/hearth_bg.wasm', import.meta.url).href;

/** The folder of the models that ship. */
export const modelsUrl = () => new URL('../../../models/', import.meta.url).href;

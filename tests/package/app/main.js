// What somebody writes who has installed the package: digits from an element, and a sentence through the API.

import { configure, modelUrl, pipeline } from 'hearth-web';
import 'hearth-web/elements/hearth-digits.js';

configure({ modelsUrl: /** @type {string} */ (new URLSearchParams(location.search).get('models')) });
const write = await pipeline('text-generation', modelUrl('gpt2-stories'), { device: 'cpu' });
const [{ generated_text }] = await write('Once upon a time', { max_new_tokens: 8 });
/** @type {HTMLElement} */ (document.getElementById('sentence')).textContent = generated_text;

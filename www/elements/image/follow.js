// A call step by step: on the timeline, in the status line, and as events.

import { seconds } from '../units.js';

/**
 * @typedef {import('../../types.d.ts').DiffusionEvent} DiffusionEvent
 * @typedef {import('../../types.d.ts').DiffusionStepEvent} DiffusionStepEvent
 * @typedef {InstanceType<typeof import('../hearth-image.js').HearthImage>} HearthImage
 */

/** How often the status line says how far a call is. */
const MESSAGES = 10;

/**
 * Shows a call.
 * @param {HearthImage} element
 * @param {import('./layout.js').Layout} layout
 * @param {import('../../types.d.ts').Pipeline} model
 * @param {(more: object) => AsyncGenerator<DiffusionEvent, void, void>} begin starts the call, with these options added
 * @param {AbortSignal} signal
 */
export async function follow(element, { timeline, inside, actions, form }, model, begin, signal) {
  element.say(element.words.drawing);
  const mode = /** @type {'noise' | 'picture'} */ (element.mode); // a comparison is several calls
  const isBare = !element.hasAttribute('controls');
  const preview = isBare ? 'pred_original_sample' : ['sample', 'pred_original_sample'];
  const started = performance.now();
  let steps = 0;
  form.truncated = form.understood = null;
  try {
    for await (const event of begin({ preview, signal, ...inside.options })) {
      const ms = performance.now() - started;
      actions.seed = event.seed;
      form.truncated = event.truncated?.find((text) => text !== null) ?? null;
      form.understood = event.understood?.find((text) => text !== null) ?? null;
      if (event.type === 'step') {
        if (steps === 0) timeline.begin();
        steps = event.num_steps;
        inside.add(event);
        timeline.add(event);
        sayStep(element, event);
      } else {
        timeline.finish(event.images);
        form.seed = event.seed;
        element.say(
          element.words.denoised(steps, seconds(ms), element.deviceName(/** @type {any} */ (model))),
        );
      }
      element.emit(event.type, { ...event, ms, mode });
    }
  } finally {
    timeline.end();
    actions.update();
  }
}

/** Not at every step, because a screen reader reads it out. @param {HearthImage} element @param {DiffusionStepEvent} event */
function sayStep(element, { step_index, num_steps }) {
  if (step_index % Math.ceil(num_steps / MESSAGES) > 0) return;
  element.say(element.words.denoising(step_index + 1, num_steps));
}

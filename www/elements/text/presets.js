// Beginnings to try.

/** @typedef {import('./types.d.ts').Preset} Preset */

const STORY = { do_sample: true, temperature: 0.8, top_p: 0.95, max_new_tokens: 120 };

/** Their titles are names among the words of every language. @type {Preset[]} */
export const PRESETS = [
  { title: 'fox', prompt: 'Once upon a time there was a little fox who', options: STORY },
  {
    title: 'lighthouse',
    prompt: 'The old lighthouse had been dark for years, until one night',
    options: STORY,
  },
  { title: 'robot', prompt: '“Do not open that door,” said the robot.', options: STORY },
  {
    title: 'artificial',
    prompt: 'Artificial intelligence is revolutionizing',
    options: { max_length: 50, num_return_sequences: 1, no_repeat_ngram_size: 2 },
  },
  {
    title: 'galaxy',
    prompt: 'Once upon a time, in a distant galaxy, a brave explorer named Alex decided to',
    options: { max_length: 100 },
  },
];

// How an illustrated story's models are loaded: a writer, an illustrator, and what finds scenes for it.

import { aborted } from '../engine/errors.js';
import { Remote, whenAborted } from '../engine/page/remote.js';
import { illustratedStoryPipeline } from './illustrated-story.js';
import { textPipeline } from './text.js';
import { textToImagePipeline } from './text-to-image.js';

/**
 * @typedef {import('../types.d.ts').Progress} Progress
 * @typedef {{ model: string, onHub?: string } & Record<string, unknown>} Where a folder, and how it is loaded
 */

/**
 * Loads both models at once. The story can begin when its writer is there and the illustrator's folder has turned out to be
 * one: the illustrator's weights may come while the text is written, and a picture waits for them.
 * @param {{ writer: Where, illustrator: Where }} folders
 * @param {{ signal?: AbortSignal, onProgress?: (progress: Progress) => void }} calls
 */
export async function openStory(folders, { signal, onProgress }) {
  const writer = new Remote({ task: 'text-generation', ...folders.writer });
  const illustrator = new Remote({ task: 'text-to-image', ...folders.illustrator });
  const finder = new Remote({ task: 'illustrated-story', ...folders.illustrator, offload: false });
  const report = summed(2, onProgress);
  const life = new AbortController();
  const stop = signal ? AbortSignal.any([signal, life.signal]) : life.signal;

  let begun = () => {};
  /** @type {Promise<void>} */
  const illustratorBegins = new Promise((resolve) => (begun = resolve));
  /** @type {Promise<void> | null} */
  let loading = null;
  /** Loads the illustrator, unless it is there. A later call tries again what has failed. @param {AbortSignal} signal */
  const load = (signal) => {
    loading ??= illustrator
      .load({
        signal,
        onProgress(progress) {
          report(1)(progress);
          if (progress.total !== null) begun();
        },
      })
      .finally(() => (loading = null));
    return loading;
  };
  const illustratorReady = async (/** @type {AbortSignal | undefined} */ asked) => {
    if (illustrator.loaded !== null) return;
    const stopped = asked ? AbortSignal.any([life.signal, asked]) : life.signal;
    await Promise.race([load(stopped), whenAborted(asked)]);
  };

  const first = load(stop);
  first.catch(() => {}); // the first picture tries again, and reports why there is none
  const parts = [
    writer.load({ signal: stop, onProgress: report(0) }),
    finder.load({ signal: stop }),
    Promise.race([first, illustratorBegins]),
  ];
  const dispose = async () => {
    life.abort(aborted());
    await Promise.all([writer, illustrator, finder].map((remote) => remote.dispose()));
  };
  try {
    await Promise.all(parts);
  } catch (error) {
    life.abort(aborted());
    await Promise.allSettled(parts);
    await dispose();
    throw error;
  }

  const info = () => {
    const [ofWriter, ofIllustrator] = [writer.loaded.info, illustrator.loaded?.info ?? null];
    const warnings = [...ofWriter.warnings, ...(ofIllustrator?.warnings ?? [])];
    const { has_lexicon } = finder.loaded.info;
    return { writer: ofWriter, illustrator: ofIllustrator, has_lexicon, warnings };
  };
  const tell = illustratedStoryPipeline({
    writer: textPipeline(writer),
    illustrator: textToImagePipeline(illustrator),
    finder,
    illustratorReady,
    info,
  });
  return Object.assign(tell, { dispose });
}

/**
 * Progress of several downloads as one.
 * @param {number} count
 * @param {(progress: Progress) => void} [onProgress]
 */
function summed(count, onProgress) {
  /** @type {Progress[]} */
  const parts = Array.from({ length: count }, () => ({ loaded: 0, total: null }));
  return (/** @type {number} */ index) => (/** @type {Progress} */ progress) => {
    parts[index] = progress;
    const loaded = parts.reduce((sum, part) => sum + part.loaded, 0);
    const isKnown = parts.every(({ total }) => total !== null);
    onProgress?.({
      loaded,
      total: isKnown ? parts.reduce((sum, { total }) => sum + Number(total), 0) : null,
    });
  };
}

// The words that elements show, in each language. A language is a dictionary; a missing word is English.

const en = {
  loading: 'Loading the engine…',
  downloading: (/** @type {string} */ loaded, /** @type {string | null} */ total) =>
    total ? `Loading the model: ${loaded} of ${total}` : `Loading the model: ${loaded}`,
  drawing: 'Drawing…',
  drawn: (/** @type {number} */ count, /** @type {string} */ ms, /** @type {string} */ device) =>
    `${count} ${count === 1 ? 'digit' : 'digits'} in ${ms} ms on the ${device}`,
  stopped: 'Stopped.',
  failed: (/** @type {string} */ message) => `That did not work: ${message}`,
  retry: 'Try again',
  stop: 'Stop',
  gpu: 'GPU',
  cpu: 'CPU',
  digits: 'Handwritten digits',
  digit: (/** @type {string} */ what, /** @type {number} */ percent) => `${what}, judged ${percent} % real`,
  number: 'Number',
  write: 'Write it',
  seed: 'Seed',
  redraw: 'New digits',
  apply: 'Draw seed',
  download: 'Download PNG',
  verdict: 'The bar under each digit is the discriminator’s verdict: how sure it is that a person wrote it.',
  walk: 'Walk the latent space',
  walkHint: 'Pick two digits above to walk from one to the other.',
  walkPosition: 'Position between the two digits',
  play: 'Play',
  pause: 'Pause',
  from: 'From',
  to: 'To',
  badNumber: 'Write 1 to 64 digits, 0 to 9.',
};

/** @type {Partial<typeof en>} */
const zh = {
  loading: '正在加载引擎……',
  downloading: (loaded, total) => (total ? `正在加载模型：${loaded} / ${total}` : `正在加载模型：${loaded}`),
  drawing: '正在绘制……',
  drawn: (count, ms, device) => `在 ${device} 上用 ${ms} 毫秒绘制了 ${count} 个数字`,
  stopped: '已停止。',
  failed: (message) => `出错了：${message}`,
  retry: '重试',
  stop: '停止',
  digits: '手写数字',
  digit: (what, percent) => `${what}，判别器认为 ${percent}% 为真`,
  number: '数字',
  write: '写出来',
  seed: '种子',
  redraw: '换一批',
  apply: '按种子绘制',
  download: '下载 PNG',
  verdict: '每个数字下方的横条是判别器的判断：它有多确信这是人写的。',
  walk: '潜空间漫步',
  walkHint: '在上面选两个数字，从一个走到另一个。',
  walkPosition: '两个数字之间的位置',
  play: '播放',
  pause: '暂停',
  from: '起点',
  to: '终点',
  badNumber: '请输入 1 到 64 位数字（0 到 9）。',
};

/** @typedef {typeof en} Words */

/** @type {Record<string, Partial<Words>>} */
const languages = { en, zh };

/**
 * The words for a language tag such as `zh-CN`.
 * @param {string} tag
 * @returns {Words}
 */
export function wordsFor(tag) {
  return { ...en, ...languages[tag.toLowerCase().split('-')[0]] };
}

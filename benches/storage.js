// Where weights could be kept: the Cache API beside the origin's private file system.

/** @param {import('./browser.js').Bench} bench */
export async function benchStorage({ inPage }) {
  console.log('64 MB in the browser’s storage, ms');
  const { block, ...storage } = await inPage('in-page.js', 'storage', 3);
  for (const [name, time] of Object.entries(storage))
    console.log(`  ${name.padEnd(20)} ${Number(time).toFixed(1).padStart(8)}`);
  console.log('');
}

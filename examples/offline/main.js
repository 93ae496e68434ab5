// The page begins when its service worker is there, so that all of it is kept on the first visit.

const { serviceWorker } = navigator;
await serviceWorker.register('./service-worker.js');
if (!serviceWorker.controller) {
  await new Promise((resolve) => serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  // What was fetched without it is fetched again, mostly from the browser's cache.
  const before = performance.getEntriesByType('resource').map(({ name }) => name);
  await Promise.all([location.href, ...before].map((url) => fetch(url)));
}
await import('./page.js');

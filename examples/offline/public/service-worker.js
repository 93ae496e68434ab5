// Keeps each file of the page as it comes, and serves it when there is no network. Models are none of its business: Hearth keeps
// them itself, and knows when they are whole and when there are newer ones.

const CACHE = 'page-1';

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  const isOwn = method === 'GET' && origin === location.origin && !pathname.includes('/models/');
  if (isOwn) event.respondWith(respond(event));
});

async function respond(event) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(event.request);
    if (response.status === 200) event.waitUntil(cache.put(event.request.url, response.clone()));
    return response;
  } catch (error) {
    const kept = await cache.match(event.request.url, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

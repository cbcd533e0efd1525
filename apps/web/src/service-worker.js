// Keeps the page for when there is no network, and adds the headers by which it may share memory with its threads. The build puts a version in.
const cacheName = `tract-${'VERSION'}`;

addEventListener('install', () => skipWaiting());

addEventListener('activate', (event) => event.waitUntil(Promise.all([clients.claim(), forgetOthers()])));

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('tract-') && name !== cacheName).map((name) => caches.delete(name)));
}

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === location.origin) event.respondWith(answer(event));
});

/** The page itself from the network where there is one, so that a new version is seen; its parts, whose names change with them, from the cache. */
async function answer(event) {
  const { request } = event;
  const cache = await caches.open(cacheName);
  const kept = () => cache.match(request, { ignoreSearch: request.mode === 'navigate' });
  if (request.mode !== 'navigate') {
    const found = await kept();
    if (found) return found;
  }
  try {
    const response = await fetch(request);
    if (!response.ok) return response;
    const isolated = withHeaders(response);
    // Kept while it is read, so that the page sees it come; a full disk is no reason to do without it.
    event.waitUntil(cache.put(request, isolated.clone()).catch(() => {}));
    return isolated;
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

function withHeaders(response) {
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

const tried = 'tract-isolated';

/**
 * Start the service worker, by which the page opens without a network and may share memory with threads. Where the page is not isolated yet, it is
 * loaded again under the service worker, once, before anything large is fetched.
 * @returns true if the page is about to be loaded again.
 */
export async function startOffline(): Promise<boolean> {
  if (!('serviceWorker' in navigator)) return false;
  try {
    const goesOn = crossOriginIsolated || sessionStorage.getItem(tried) !== null;
    const registered = navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI));
    if (goesOn) {
      registered.catch(() => {}); // as below; nothing waits for it
      return false;
    }
    await registered;
    sessionStorage.setItem(tried, 'yes');
    await navigator.serviceWorker.ready; // not its control of this page, which never comes after a reload that passes over it
    location.reload();
    return true;
  } catch {
    return false; // private windows of some browsers have none; the page goes on in one thread
  }
}

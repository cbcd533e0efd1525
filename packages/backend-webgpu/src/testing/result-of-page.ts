import { bundlePage } from './bundle-page.js';
import { launchChromium } from './chromium.js';

/** Run a program in a page of headless Chromium. @returns what it leaves in `globalThis.result`, a promise of anything that JSON can say. */
export async function resultOfPage<T>(...program: Parameters<typeof bundlePage>): Promise<T> {
  const script = await bundlePage(...program);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.route('http://localhost/**', (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({ contentType: 'text/html', body: '<!doctype html><script type="module" src="/program.js"></script>' }),
    );
    await page.goto('http://localhost/');
    await page.waitForFunction(() => 'result' in globalThis);
    return await page.evaluate(() => (globalThis as unknown as { result: Promise<T> }).result);
  } finally {
    await browser.close();
  }
}

import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundlePage, launchChromium, noChromium } from './testing/index.js';
import type { PageResult } from './testing/page-vitest.js';

// The suite runs under Node by the same driver already, and takes half a minute more here.
const unasked = process.env.TRACT_BROWSER_SUITE === undefined ? 'set TRACT_BROWSER_SUITE=1 to run it' : undefined;
const reason = noChromium() ?? unasked;
if (reason !== undefined) console.warn(`the conformance suite of WebGPU does not run in a browser: ${reason}`);

test.skipIf(reason !== undefined)(`the whole conformance suite passes in Chromium${reason ? ` (skipped: ${reason})` : ''}`, async () => {
  const script = await bundlePage(fileURLToPath(new URL('./testing/conformance-page.ts', import.meta.url)));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.route('http://localhost/**', (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({ contentType: 'text/html', body: '<!doctype html><script type="module" src="/suite.js"></script>' }),
    );
    await page.goto('http://localhost/');
    await page.waitForFunction(() => 'conformance' in globalThis);
    const results = await page.evaluate(() => (globalThis as unknown as { conformance: Promise<PageResult[]> }).conformance);
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(240);
  } finally {
    await browser.close();
  }
});

import { join } from 'node:path';
import { launchChromium } from '@tract/backend-webgpu/testing';

/** Return `globalThis.said` of a folder's page in a browser, once it is there. */
export async function saidBy(folder: string, search = ''): Promise<unknown> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
    await page.route('http://localhost/**', (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: join(folder, pathname === '/' ? 'index.html' : pathname) });
    });
    await page.goto(`http://localhost/${search}`);
    await Promise.race([page.waitForFunction(() => 'said' in globalThis), failed]);
    return await page.evaluate(() => (globalThis as unknown as { said: unknown }).said);
  } finally {
    await browser.close();
  }
}

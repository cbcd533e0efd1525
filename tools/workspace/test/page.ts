import { join } from 'node:path';
import { launchChromium } from '@tract/backend-webgpu/testing';

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

/** How a page is opened. */
type Opening = {
  /** Query of the address, from its question mark. Default: none. */
  readonly search?: string;
  /** Done in the page before its own programs. Default: nothing. */
  readonly before?: () => void;
};

/** Open a folder's page in a browser and return what `look` finds. An error of the page is one of this. */
export async function onPageOf<T>(folder: string, look: (page: Page) => Promise<T>, { search = '', before }: Opening = {}): Promise<T> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
    await page.route('http://localhost/**', (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: join(folder, pathname === '/' ? 'index.html' : pathname) });
    });
    if (before) await page.addInitScript(before);
    return await Promise.race([page.goto(`http://localhost/${search}`).then(() => look(page)), failed]);
  } finally {
    await browser.close();
  }
}

/** Return `globalThis.said` of a folder's page in a browser, once it is there. */
export const saidBy = (folder: string, search?: string): Promise<unknown> =>
  onPageOf(
    folder,
    async (page) => {
      await page.waitForFunction(() => 'said' in globalThis);
      return page.evaluate(() => (globalThis as unknown as { said: unknown }).said);
    },
    { search },
  );

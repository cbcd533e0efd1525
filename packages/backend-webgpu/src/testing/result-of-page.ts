import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { type Bundle, bundlePage } from './bundle-page.js';
import { launchChromium } from './chromium.js';

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export type PageOptions = {
  /** Modules in the place of others, by name. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Whether the page may share memory with its workers. Default: false. */
  readonly isolated?: boolean;
};

/** Serve a program on this machine: a server of its own, for what workers of workers ask for the browser's driver does not see. */
async function serve({ script, files }: Bundle, isolated: boolean) {
  const html = `<!doctype html><script type="module" src="${script}"></script>`;
  const server = createServer(({ url = '/' }, response) => {
    const body = files.get(url);
    const type = body === undefined ? 'text/html' : types[extname(url)];
    response.writeHead(200, { 'Content-Type': type, ...(isolated && isolation) }).end(body ?? html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** Run a program in a page of headless Chromium. @returns what it leaves in `globalThis.result`, a promise of anything that JSON can say. */
export async function resultOfPage<T>(entry: string, { alias, isolated = false }: PageOptions = {}): Promise<T> {
  const { url, close } = await serve(await bundlePage(entry, alias), isolated);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(url);
    await page.waitForFunction(() => 'result' in globalThis);
    return await page.evaluate(() => (globalThis as unknown as { result: Promise<T> }).result);
  } finally {
    await browser.close();
    close();
  }
}

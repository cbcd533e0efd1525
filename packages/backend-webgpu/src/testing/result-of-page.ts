import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Bundle, bundlePage } from './bundle-page.js';
import { launchChromium } from './chromium.js';
import { openFirefox } from './firefox.js';

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export type PageOptions = {
  /** Modules in the place of others, by name. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Whether the page may share memory with its workers. Default: false. */
  readonly isolated?: boolean;
  /** Query of the page's address, `location.search`. Default: none. */
  readonly search?: string;
};

/** Hands the result of a page, or its error, to the server: no driver of the browser is needed. */
const handOver = (script: string): string => `<script type="module">
  const tell = (body) => fetch('/result', { method: 'POST', body: JSON.stringify(body) });
  globalThis.onerror = (message) => void tell({ error: String(message) });
  try {
    await import('${script}');
    await tell({ result: await globalThis.result });
  } catch (error) {
    await tell({ error: String(error) });
  }
</script>`;

/** Serve a program on this machine: a server of its own, for what workers of workers ask for the browser's driver does not see. */
async function serve({ script, files }: Bundle, isolated: boolean, onResult?: (body: string) => void) {
  const start = onResult ? handOver(script) : `<script type="module" src="${script}"></script>`;
  const html = `<!doctype html>${start}`;
  const server = createServer((request, response) => {
    const { url = '/' } = request;
    if (url === '/result' && onResult) {
      void text(request).then(onResult);
      response.writeHead(204).end();
      return;
    }
    const body = files.get(url);
    const type = body === undefined ? 'text/html' : types[extname(url)];
    response.writeHead(200, { 'Content-Type': type, ...(isolated && isolation) }).end(body ?? html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

/** Run a program in a page of headless Chromium. @returns what it leaves in `globalThis.result`, a promise of anything that JSON can say. */
export async function resultOfPage<T>(entry: string, { alias, isolated = false, search = '' }: PageOptions = {}): Promise<T> {
  const { url, close } = await serve(await bundlePage(entry, alias), isolated);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(`${url}${search}`);
    await page.waitForFunction(() => 'result' in globalThis);
    return await page.evaluate(() => (globalThis as unknown as { result: Promise<T> }).result);
  } finally {
    await browser.close();
    close();
  }
}

/** Run a program in a page of headless Firefox. @returns as `resultOfPage` does. */
export async function resultInFirefox<T>(entry: string, { alias, isolated = false }: PageOptions = {}): Promise<T> {
  const bundle = await bundlePage(entry, alias);
  let tell = (_: string): void => {};
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const { url, close } = await serve(bundle, isolated, tell);
  const firefox = openFirefox(url);
  try {
    const { result, error } = JSON.parse(await Promise.race([told, firefox.ended])) as { result: T; error?: string };
    if (error !== undefined) throw new Error(`the page failed: ${error}`);
    return result;
  } finally {
    firefox.ended.catch(() => undefined);
    await firefox.close();
    close();
  }
}

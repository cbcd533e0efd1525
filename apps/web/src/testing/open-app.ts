import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@tract/backend-webgpu/testing';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { serveFolder } from './serve-folder.js';

/** The built page in a browser. `troubles` gathers what nobody should see: errors, warnings, refused policies, requests to elsewhere. */
export type OpenApp = { readonly page: Page; readonly url: string; readonly troubles: string[]; close(): Promise<void> };

/** Build the page into a folder of its own, serve and open it. */
export async function openApp(): Promise<OpenApp> {
  const folder = await mkdtemp(join(tmpdir(), 'tract-web-'));
  const configFile = fileURLToPath(new URL('../../vite.config.mjs', import.meta.url));
  await build({ configFile, logLevel: 'error', build: { outDir: folder, minify: false } });
  const server = await serveFolder(folder);
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url)) troubles.push(`request to ${request.url()}`);
  });
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => console.error(`refused: ${violatedDirective}`)),
  );
  return {
    ...{ page, url: server.url, troubles },
    async close() {
      await browser.close();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@tract/backend-webgpu/testing';
import type { Page } from 'playwright-core';
import { type Served, serveFolder } from './serve-folder.js';

/** The built page on a server. */
export type ServedApp = {
  /** Folder of the built page. */ readonly folder: string;
  readonly server: Served;
  readonly close: () => Promise<void>;
};

/** Serve the page that `nx build @tract/web` leaves; what runs the tests has built it. @throws Error where it is not built. */
export async function serveApp(): Promise<ServedApp> {
  const folder = fileURLToPath(new URL('../../dist', import.meta.url));
  if (!existsSync(join(folder, 'index.html'))) throw new Error(`serveApp: there is no page in ${folder}; run \`npx nx build @tract/web\``);
  const server = await serveFolder(folder);
  return { folder, server, close: async () => server.close() };
}

/** The built page in a browser. `troubles` gathers what nobody should see: errors, warnings, refused policies, requests to elsewhere. */
export type OpenApp = ServedApp & {
  readonly troubles: string[];
  /** Leave errors whose text holds `text` out of `troubles` from now on: a test causes them. */
  readonly expectTrouble: (text: string) => void;
  /** A visitor who has not been here before. */
  readonly visit: () => Promise<Page>;
};

/** Open the page in Chromium. */
export async function openApp(): Promise<OpenApp> {
  const app = await serveApp();
  const { server } = app;
  const browser = await launchChromium();
  const troubles: string[] = [];
  const expected: string[] = [];
  const note = (trouble: string): void => {
    if (!expected.some((text) => trouble.includes(text))) troubles.push(trouble);
  };
  const visit = async (): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 1000 }, acceptDownloads: true });
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => note(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) note(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('blob:')) troubles.push(`request to ${request.url()}`);
    });
    await page.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ violatedDirective }) => console.error(`refused: ${violatedDirective}`)),
    );
    return page;
  };
  return {
    ...{ ...app, troubles, visit, expectTrouble: (text: string) => void expected.push(text) },
    close: async () => {
      await browser.close();
      await app.close();
    },
  };
}

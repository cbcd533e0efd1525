import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { noChromium } from '@tract/backend-webgpu/testing';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { furthest } from './drawn-natively.js';
import { type OpenApp, openApp } from './open-app.js';

/** Against hangs alone, as the test limit of vitest.config.ts is: software drivers on a busy machine take minutes. */
export const patience = { timeout: 3_600_000 };

/** Looks at the page, and waits without a limit of their own. */
export type Visit = {
  readonly app: () => OpenApp;
  readonly page: () => Page;
  /** Come as a visitor who has not been here before, to `?backend=wasm#distil` for instance. */
  readonly comeTo: (address: string) => Promise<void>;
  readonly control: (id: string) => Locator;
  readonly text: (id: string) => Promise<string>;
  /** Wait until an element's text fits. */
  readonly until: (id: string, pattern: RegExp) => Promise<void>;
  /** Return the files of a model that came with the page. */
  readonly shipped: (name: string) => string[];
  /** Return grey values of one image, or of the first four of 4x4 with gaps of two pixels, one image after the other. */
  readonly pixels: (id: string) => Promise<number[]>;
  /** Wait until a canvas shows images to within 2 of 255, as backends round otherwise. */
  readonly expectDrawn: (id: string, bytes: readonly number[]) => Promise<void>;
};

/** Say how the built page behaves in Chromium, skipped where there is none. In the end nothing of it may have made trouble. */
export function inChromium(what: string, tell: (visit: Visit) => void): void {
  const reason = noChromium();
  if (reason !== undefined) console.warn(`${what} is not tested: ${reason}`);
  describe.skipIf(reason !== undefined)(`${what} in Chromium${reason ? ` (skipped: ${reason})` : ''}`, () => {
    let app: OpenApp;
    let page: Page;
    beforeAll(async () => {
      app = await openApp();
    });
    afterAll(() => app?.close());

    const control = (id: string): Locator => page.locator(`#${id}`);
    const pixels = (id: string): Promise<number[]> =>
      control(id).evaluate((found) => {
        const picture = found as HTMLCanvasElement;
        // A copy, as the page itself reads no pixels back and its canvas is not made for it.
        const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d', { willReadFrequently: true })!;
        context.drawImage(picture, 0, 0);
        return (picture.width === 28 ? [0] : [0, 1, 2, 3]).flatMap((i) =>
          [...context.getImageData(i * 30, 0, 28, 28).data].filter((_, at) => at % 4 === 0),
        );
      });

    tell({
      app: () => app,
      page: () => page,
      comeTo: async (address) => {
        page = await app.visit();
        await page.goto(app.server.url + address);
        // On a first visit the page loads itself again; whatever is done before that is lost.
        await page.waitForFunction(() => crossOriginIsolated && document.querySelector<HTMLElement>('#draw')?.inert === false);
      },
      control,
      text: (id) => control(id).innerText(),
      until: (id, pattern) => control(id).filter({ hasText: pattern }).waitFor(),
      shipped: (name) => {
        const folder = join(app.folder, 'models');
        const files = readdirSync(folder).filter((file) => file.startsWith(name));
        return files.map((file) => join(folder, file));
      },
      pixels,
      expectDrawn: (id, bytes) => expect.poll(async () => furthest(await pixels(id), bytes), patience).toBeLessThanOrEqual(2),
    });

    test('nothing of all that made an error, a refused policy or a request to elsewhere', () => {
      expect(app.troubles).toEqual([]);
    });
  });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noFirefox } from '@tract/backend-webgpu/testing';
import { encode } from 'fast-png';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clickWhen } from './testing/click-when.js';
import { launchFirefox } from './testing/firefox.js';
import { type ServedApp, serveApp } from './testing/open-app.js';

// Minutes for a browser in which the same programs run: npm run test:full asks for it.
const reason = process.env.TRACT_FIREFOX_SUITE === undefined ? 'set TRACT_FIREFOX_SUITE=1 to run them' : noFirefox();
if (reason !== undefined) console.warn(`the page in Firefox is not tested: ${reason}`);
/** Against hangs alone. */
const patience = { timeout: 600_000 };

const scratch = mkdtempSync(join(tmpdir(), 'tract-web-firefox-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(reason !== undefined)(`every control of the page in Firefox${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let app: ServedApp;
  let browser: Browser;
  let page: Page;
  const troubles: string[] = [];

  beforeAll(async () => {
    app = await serveApp();
    browser = await launchFirefox();
    page = await browser.newPage();
    page.setDefaultTimeout(patience.timeout);
    page.on('pageerror', (error) => troubles.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') troubles.push(message.text());
    });
    // Names and sizes of the files that the page hands over, which this protocol does not report.
    await page.evaluateOnNewDocument(() => {
      const saved: [string, number][] = [];
      const sizes = new Map<string, number>();
      const make = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (object: Blob) => {
        const url = make(object);
        sizes.set(url, object.size);
        return url;
      };
      HTMLAnchorElement.prototype.click = function () {
        saved.push([this.download, sizes.get(this.href) ?? 0]);
      };
      Object.assign(globalThis, { saved });
    });
    await page.setViewport({ width: 1200, height: 1000 });
    // The page loads itself again once, for which this protocol may never see the end of the first load.
    await page.goto(`${app.server.url}#draw?images=4&steps=2`, { waitUntil: 'domcontentloaded', timeout: 20_000 }).catch(() => {});
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  // In one call, for the page loads itself again once: an element that was found before would be unknown after.
  const text = (id: string): Promise<string> => page.evaluate((name) => document.getElementById(name)?.textContent ?? '', id);
  const until = (id: string, pattern: RegExp): Promise<unknown> => expect.poll(() => text(id), patience).toMatch(pattern);
  const click = async (id: string): Promise<void> => {
    await expect.poll(() => page.$eval(`#${id}`, (found) => (found as HTMLButtonElement).disabled), patience).toBeFalsy();
    await page.$eval(`#${id}`, (found) => found.scrollIntoView({ block: 'center' }));
    await page.click(`#${id}`);
  };
  /** Set a field as a visitor leaves it. */
  const set = (id: string, value: string): Promise<void> =>
    page.$eval(
      `#${id}`,
      (found, wanted) => {
        (found as HTMLInputElement).value = wanted;
        for (const type of ['input', 'change']) found.dispatchEvent(new Event(type, { bubbles: true }));
      },
      value,
    );
  const choose = async (id: string, value: string): Promise<void> => {
    await page.select(`#${id}`, value);
  };
  const picture = (id: string): Promise<string> => page.$eval(`#${id}`, (found) => (found as HTMLCanvasElement).toDataURL());
  const changed = (id: string, before: string): Promise<unknown> => expect.poll(() => picture(id), patience).not.toBe(before);
  const saved = (): Promise<[string, number][]> => page.evaluate(() => (globalThis as unknown as { saved: [string, number][] }).saved);

  test('Draw: noise, images, walk, steps, stop, saving, own files, the shipped student, Back', async () => {
    await until('student-time', /^1 step, .* for 4 images$/);
    await until('status', /in WebAssembly/);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    let before = await picture('student-canvas');
    await click('new-noise');
    await changed('student-canvas', before);
    before = await picture('student-canvas');
    await set('seed', '5');
    await changed('student-canvas', before);
    before = await picture('student-canvas');
    await page.focus('#walk');
    await page.keyboard.press('End');
    await until('walk-value', /^100 %$/);
    await changed('student-canvas', before);
    await choose('images', '1');
    await until('student-time', /for one image$/);
    await click('teach');
    await until('teacher-time', /^2 steps, .* for one image$/);
    await page.evaluate(clickWhen, { there: '#teacher-time', fits: '^step \\d+ of 1024$', button: 'stop' });
    await set('steps', '10');
    await until('teacher-time', /^stopped$/);
    await choose('save-what', 'teacher');
    await choose('save-size', '512');
    await click('save');
    await expect.poll(saved, patience).toEqual([['teacher-seed-5.png', expect.any(Number)]]);

    const garbage = join(scratch, 'model.safetensors');
    writeFileSync(garbage, 'not a model at all, but long enough to look');
    const files = (await page.$('#files')) as ElementHandle<HTMLInputElement>;
    await files.uploadFile(garbage);
    await until('status', /did not work: model: weights/);
    const ofSeed5 = await picture('student-canvas');
    await set('seed', '6');
    await changed('student-canvas', ofSeed5);
    await page.evaluate(() => history.back());
    await expect.poll(() => picture('student-canvas'), patience).toBe(ofSeed5);
    expect(await page.$eval('#seed', (found) => (found as HTMLInputElement).value)).toBe('5');
  });

  test('Idea: start point, phase, play; the plane trains and stops', async () => {
    await click('tab-idea');
    await set('start-point', '31');
    await until('idea-words', /^From step 511 of 1024/);
    await choose('phase', 'second');
    await until('idea-words', /^From step 31 of 32/);
    await click('idea-play');
    await until('idea-words', /^From step 0 of 32/);
    await choose('shape', 'moons');
    await set('updates', '20');
    await click('start-toy');
    await until('toy-note', /32 steps became one/);
    await until('toy-tract-note', /^1 step, distance \d/);
    await set('updates', '20000');
    await page.evaluate(clickWhen, { there: '#toy-note', fits: 'teacher learns.* left', button: 'stop-toy' });
    await click('start-toy');
    await until('toy-note', /Stopped/);
  });

  test('Distil: digits, paused, gone on with, taken home, drawn with, discarded', async () => {
    await click('tab-distil');
    await page.$eval('#digit-images option', (option) => {
      (option as HTMLOptionElement).value = '640'; // ten updates, for the sake of the test
    });
    await choose('digit-images', '640');
    await page.evaluate(clickWhen, { there: '#digit-student-note', fits: '^32 steps$', button: 'pause-digits' });
    await click('start-digits');
    await until('digit-note', /^(Kept|Finished)/);
    expect(await text('digit-note')).toMatch(/^Kept in this browser: \d+ of 640 images/);
    await click('start-digits');
    await until('digit-note', /^Finished: 640 of 640 images/);
    expect(await text('digit-student-note')).toMatch(/^1 step, distance [\d.]+$/);
    const before = (await saved()).length;
    await click('save-safetensors');
    await expect.poll(async () => (await saved()).length, patience).toBe(before + 1);
    await click('save-onnx');
    await expect.poll(async () => (await saved()).length, patience).toBe(before + 2);
    expect((await saved()).slice(-2).map(([name, size]) => [name, size > 5e6])).toEqual([
      ['digits-student.safetensors', true],
      ['digits-student.onnx', true],
    ]);
    await click('copy-link');
    await until('status', /link/);
    await click('draw-student');
    await until('student-name', /^distilled here$/);
    await until('student-time', /^1 step, /);
    await click('shipped');
    await until('student-name', /^Student$/);
    await click('tab-distil');
    await click('discard-digits');
    await until('digit-note', /^$/);
    expect(await text('start-digits')).toBe('Distil digits');
  });

  test('Distil: own pictures from files and the pad, paused, gone on with, taken home, forgotten', async () => {
    await choose('pictures', 'own');
    await until('own-note', /^0 pictures; it takes 10, better 100\.$/);
    const files = Array.from({ length: 9 }, (_, number) => {
      const path = join(scratch, `bar-${number}.png`);
      const data = Uint8Array.from({ length: 28 * 28 }, (_, i) => (Math.abs((i % 28) - 5 - 2 * number) < 2 ? 255 : 0));
      writeFileSync(path, encode({ width: 28, height: 28, channels: 1, data }));
      return path;
    });
    await ((await page.$('#own-files')) as ElementHandle<HTMLInputElement>).uploadFile(...files);
    await until('own-note', /^9 pictures; /);
    await page.$eval('#pad', (pad) => pad.scrollIntoView({ block: 'center' }));
    const { x, y } = (await (await page.$('#pad'))!.boundingBox())!;
    await page.mouse.move(x + 40, y + 40);
    await page.mouse.down();
    await page.mouse.move(x + 40, y + 150, { steps: 5 });
    await page.mouse.up();
    await click('clear-pad');
    expect(await page.$eval('#add-drawing', (found) => (found as HTMLButtonElement).disabled)).toBe(true);
    await page.mouse.move(x + 40, y + 40);
    await page.mouse.down();
    await page.mouse.up();
    await click('add-drawing');
    await until('own-note', /^10 pictures\.$/);
    await page.evaluate(clickWhen, { there: '#digit-note', fits: '^A teacher learns your pictures…$', button: 'pause-digits' });
    await click('start-digits');
    await until('digit-note', /^Kept in this browser: \d+ of 1,280 images\.$/);
    await click('start-digits');
    await until('digit-note', /^Finished: 1,280 of 1,280 images/);
    expect(await text('digit-student-note')).toBe('1 step');
    const before = (await saved()).length;
    await click('save-safetensors');
    await expect.poll(async () => (await saved()).length, patience).toBe(before + 1);
    expect((await saved())[before][0]).toBe('pictures-student.safetensors');
    await click('discard-digits');
    await until('digit-note', /^$/);
    await click('forget-own');
    await until('own-note', /^0 pictures; /);
    await choose('pictures', 'digits');
  });

  test('Measure: speed, its row, operations', async () => {
    await click('tab-measure');
    await click('measure-speed');
    await until('row', /^\| mnist-student \| 1 step, 16 at a time \| .* \| WebAssembly \(.*\) \| Firefox [\d.]+, .* \|$/);
    await click('copy-row');
    await until('status', /^Copied\.$|select the row/);
    await page.evaluate(clickWhen, { there: '#operations tbody tr:nth-child(20)', button: 'stop-operations' });
    await click('measure-operations');
    await until('operations-verdict', /^All \d+ are right, then stopped\.$/);
  });

  test('nothing of all that made an error', () => {
    expect(troubles).toEqual([]);
  });
});

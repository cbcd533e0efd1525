import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { registerNativeBackend } from '@tract/backend-native';
import { noChromium } from '@tract/backend-webgpu/testing';
import { toBytes } from '@tract/images';
import { downloadTree, draw, loadModel, saveModel } from '@tract/model';
import { dispose, useBackend } from '@tract/tensor';
import { edmConfigs, initNetwork } from '@tract/unet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenApp, openApp } from './testing/open-app.js';

const reason = noChromium();
if (reason !== undefined) console.warn(`the page is not tested: ${reason}`);
/** Against hangs alone, as the test limit of vitest.config.ts is: software drivers on a busy machine take minutes. */
const patience = { timeout: 3_600_000 };

const modelFolder = (name: string): string => fileURLToPath(new URL(`../../../packages/models/${name}/`, import.meta.url));
const filesIn = (folder: string): string[] => ['model.safetensors', 'config.json'].map((file) => join(folder, file));

const scratch = mkdtempSync(join(tmpdir(), 'tract-web-model-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The bytes that the native backend draws, images one after the other; a model that takes EDM's levels by Heun's method on them. */
async function drawnNatively(folder: string, seed: number, images: number, steps: number): Promise<number[]> {
  registerNativeBackend();
  await useBackend('native');
  const [weights, config] = filesIn(folder).map((path) => readFileSync(path));
  const bytes: number[] = [];
  const indices = Array.from({ length: images }, (_, i) => i);
  for await (const { values } of draw(loadModel(weights, config), { steps, seed, indices })) bytes.push(...toBytes(values));
  return bytes;
}

/** A small network of EDM's with fresh parameters, in a folder. */
async function writeEdmModel(folder: string): Promise<void> {
  registerNativeBackend();
  await useBackend('native');
  const sizes = { imageSize: 28, inChannels: 1, channels: 8, embChannels: 32, noiseChannels: 8, channelMult: [1, 1], blocks: 1 };
  const network = { ...edmConfigs.cifar10Ncsnpp, ...sizes, attentionResolutions: [] };
  const params = initNetwork(network, 1);
  const edm = { network, prediction: 'x0', preconditioning: { kind: 'edm' }, process: { kind: 'edm' } } as const;
  const files = saveModel({ ...edm, samplingSteps: [5], data: 'none' }, await downloadTree(params));
  dispose(params);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

describe.skipIf(reason !== undefined)(`the page in Chromium${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let app: OpenApp;
  beforeAll(async () => {
    app = await openApp();
    app.page.setDefaultTimeout(patience.timeout);
    await app.page.goto(app.url);
  });
  afterAll(() => app?.close());

  const text = (id: string): Promise<string> => app.page.locator(`#${id}`).innerText();
  const until = (id: string, pattern: RegExp): Promise<void> => app.page.locator(`#${id}`, { hasText: pattern }).waitFor();

  /** Grey values of one image, or of 2x2 with a gap of two pixels, one image after the other. */
  const pixels = (id: string): Promise<number[]> =>
    app.page.locator(`#${id}`).evaluate((found) => {
      const picture = found as HTMLCanvasElement;
      // A copy, as the page itself reads no pixels back and its canvas is not made for it.
      const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d', { willReadFrequently: true })!;
      context.drawImage(picture, 0, 0);
      return (picture.width === 28 ? [0] : [0, 1, 2, 3]).flatMap((i) =>
        [...context.getImageData((i % 2) * 30, Math.floor(i / 2) * 30, 28, 28).data].filter((_, at) => at % 4 === 0),
      );
    });

  test('draws what the native backend draws, by student and teacher, for each seed something else', async () => {
    await until('teacher-time', /^2 steps, .* for one image$/);
    const first = await pixels('student-canvas');
    expect(furthest(first, await drawnNatively(modelFolder('mnist-student'), 1, 1, 1))).toBeLessThanOrEqual(2);
    expect(furthest(await pixels('teacher-canvas'), await drawnNatively(modelFolder('mnist-teacher'), 1, 1, 2))).toBeLessThanOrEqual(2);
    expect(new Set(first).size, 'different greys').toBeGreaterThan(50);
    await app.page.locator('#seed').fill('2');
    await app.page.locator('#seed').press('Enter');
    const second = await drawnNatively(modelFolder('mnist-student'), 2, 1, 1);
    await expect.poll(async () => furthest(await pixels('student-canvas'), second), patience).toBeLessThanOrEqual(2);
    expect(furthest(first, second), 'another seed, another picture').toBeGreaterThan(50);
  });

  test('the slider ends at the next noise, and other noise is other', async () => {
    await app.page.locator('#walk').focus();
    await app.page.keyboard.press('End');
    expect(await text('walk-value')).toBe('100 %');
    const next = await drawnNatively(modelFolder('mnist-student'), 3, 1, 1);
    await expect.poll(async () => furthest(await pixels('student-canvas'), next), patience).toBeLessThanOrEqual(2);
    await app.page.locator('#new-noise').click();
    await expect.poll(async () => furthest(await pixels('student-canvas'), next), patience).toBeGreaterThan(50);
    expect(await text('walk-value')).toBe('0 %');
  });

  test('the teacher draws in as many steps as it is given, until it is stopped', async () => {
    await app.page.locator('#steps').selectOption('1024');
    await until('teacher-time', /^step \d+ of 1024$/);
    await app.page.locator('#stop').click();
    await until('teacher-time', /^stopped$/);
    await app.page.locator('#steps').selectOption('1');
    await until('teacher-time', /^1 step, /);
    await app.page.locator('#teach').click();
    await until('teacher-time', /^1 step, /);
  });

  test('takes a model folder, and answers garbage with a sentence', async () => {
    const garbage = (name: string) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('not a model at all, but long enough to look'),
    });
    await app.page.locator('#files').setInputFiles([garbage('model.safetensors'), garbage('config.json')]);
    await until('status', /did not work: model: weights/);
    await app.page.locator('#files').setInputFiles([garbage('holiday.jpg')]);
    await until('status', /expected a file model\.safetensors and its config\.json, got holiday\.jpg/);
    expect(await app.page.locator('#status').getAttribute('class')).toContain('failed');

    await app.page.locator('#seed').fill('1');
    await app.page.locator('#files').setInputFiles(filesIn(modelFolder('mnist-student')));
    await until('status', /Drawing with your model model\./);
    await until('student-time', /^1 step, /);
    await app.page.locator('#shipped').click();
    await until('status', /shipped student/);
    await until('student-name', /^Student$/);
  });

  test("draws a model on EDM's levels as the native backend does", patience, async () => {
    await writeEdmModel(scratch);
    await app.page.locator('#seed').fill('1');
    await app.page.locator('#files').setInputFiles(filesIn(scratch));
    await until('student-time', /^5 steps, .* for one image$/);
    const [drawn, native] = [await pixels('student-canvas'), await drawnNatively(scratch, 1, 1, 5)];
    expect(new Set(native).size, 'different greys').toBeGreaterThan(50);
    expect(furthest(drawn, native)).toBeLessThanOrEqual(2);
    await app.page.locator('#shipped').click();
    await until('student-time', /^1 step, /);
  });

  test('measures speed and the errors of operations', async () => {
    await app.page.locator('#tab-draw').focus();
    await app.page.keyboard.press('End');
    await app.page.locator('#device dd').first().waitFor();
    expect(await text('device')).toMatch(/WebGPU/);
    await app.page.locator('#measure-speed').click();
    await until('speed', /images per second, 1 at a time/);
    await app.page.locator('#measure-operations').click();
    await app.page.locator('#operations tbody tr').nth(39).waitFor();
    await app.page.locator('#stop-operations').click();
    await until('operations-verdict', /^All \d+ are right, then stopped\.$/);
    expect(await app.page.locator('#operations tbody tr').first().innerText()).toMatch(/right$/);
  });

  test('trains and distils in the plane', async () => {
    await app.page.locator('#tab-distil').click();
    const blank = await app.page.locator('#toy-tract').evaluate((found) => (found as HTMLCanvasElement).toDataURL());
    await app.page.locator('#updates').fill('20');
    await app.page.locator('#shape').selectOption('moons');
    await app.page.locator('#start-distil').click();
    await until('toy-btd-note', /^1 step, distance \d/);
    expect(await text('toy-tract-note')).toMatch(/^1 step, distance \d/);
    expect(await app.page.locator('#toy-tract').evaluate((found) => (found as HTMLCanvasElement).toDataURL())).not.toBe(blank);
    await until('status', /32 steps became one/);
    await app.page.locator('#updates').fill('20000');
    await app.page.locator('#start-distil').click();
    await until('status', /teacher learns/);
    await app.page.locator('#stop-distil').click();
    await until('status', /Stopped/);
  });

  test('falls back to JavaScript with a word', async () => {
    await app.page.goto(`${app.url}?backend=cpu`);
    await until('status', /No WebGPU here/);
    await until('student-time', /^1 step, .* for one image$/);
    expect(furthest(await pixels('student-canvas'), await drawnNatively(modelFolder('mnist-student'), 1, 1, 1))).toBeLessThanOrEqual(2);
  });

  test('computes in WebAssembly without WebGPU, and draws what the native backend draws', async () => {
    await app.page.goto(`${app.url}?backend=wasm`);
    await until('status', /in WebAssembly/);
    await until('student-time', /^1 step, .* for 16 images$/);
    const drawn = await drawnNatively(modelFolder('mnist-student'), 1, 16, 1);
    const corner = [0, 1, 4, 5].flatMap((i) => drawn.slice(784 * i, 784 * (i + 1))); // two rows of two, of four of four
    expect(furthest(await pixels('student-canvas'), corner)).toBeLessThanOrEqual(2);
  });

  test('weights that were changed on the way are refused', async () => {
    await app.page.route('**/mnist-student/model.safetensors', async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[body.length - 1] ^= 1;
      await route.fulfill({ response, body });
    });
    await app.page.goto(`${app.url}?backend=cpu&changed`);
    await until('status', /mnist-student\/model\.safetensors is not the file this page was built with/);
  });

  test('nothing of all that made an error, a refused policy or a request to elsewhere', () => {
    expect(app.troubles).toEqual([]);
  });
});

/** The largest difference of two lists of bytes; more than any where they differ in length. */
const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) : Number.POSITIVE_INFINITY;

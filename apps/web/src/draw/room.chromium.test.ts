import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerNativeBackend } from '@tract/backend-native';
import { toBytes } from '@tract/images';
import { downloadTree, saveModel } from '@tract/model';
import { dispose, useBackend } from '@tract/tensor';
import { edmConfigs, initNetwork } from '@tract/unet';
import { decode } from 'fast-png';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clickWhen } from '../testing/click-when.js';
import { drawnNatively, furthest } from '../testing/drawn-natively.js';
import { inChromium, patience } from '../testing/in-chromium.js';
import { walkNoise } from './noise-walk.js';

const scratch = mkdtempSync(join(tmpdir(), 'tract-web-model-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A small network of EDM's of three classes with parameters none of which is zero, as the files of a folder. */
async function writeEdmModel(folder: string): Promise<string[]> {
  registerNativeBackend();
  await useBackend('native');
  const sizes = {
    imageSize: 28,
    inChannels: 1,
    channels: 8,
    embChannels: 32,
    noiseChannels: 8,
    channelMult: [1, 1],
    blocks: 1,
    classes: 3,
  };
  const network = { ...edmConfigs.cifar10Ncsnpp, ...sizes, attentionResolutions: [] };
  const params = initNetwork(network, 1);
  const edm = { network, prediction: 'x0', preconditioning: { kind: 'edm' }, process: { kind: 'edm' } } as const;
  const arrays = await downloadTree(params);
  dispose(params);
  // Layers that begin as zeros would draw the noise alone, whatever the class.
  for (const [, { data }] of arrays) for (const at of data.keys()) data[at] = Number(data[at]) + 0.1 * Math.sin(at);
  const files = saveModel({ ...edm, samplingSteps: [5], data: 'none' }, arrays);
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
}

inChromium('the room Draw', ({ page, control, comeTo, text, until, shipped, pixels, expectDrawn }) => {
  beforeAll(() => comeTo('?backend=webgpu#draw?images=1&steps=2'));

  test('takes what to draw from the address, and draws what the native backend draws', async () => {
    await until('student-time', /^1 step, .* for one image$/);
    await until('status', /WebGPU/);
    const first = await drawnNatively(shipped('mnist-student'));
    await expectDrawn('student-canvas', first);
    expect(new Set(first).size, 'different greys').toBeGreaterThan(50);
    expect(await text('steps-value')).toBe('2 steps');
    await control('teach').click();
    await until('teacher-time', /^2 steps, .* for one image$/);
    await expectDrawn('teacher-canvas', await drawnNatively(shipped('mnist-teacher'), { steps: 2 }));
    expect(await text('steps-value')).toMatch(/^2 steps, \d/);
    // The last step of DDIM goes all the way to what the network predicts there.
    expect(furthest(await pixels('guess-canvas'), await pixels('teacher-canvas'))).toBeLessThanOrEqual(1);
  });

  test('another seed is another picture on both sides, of one noise; Back and Forward go between them', async () => {
    await control('seed').fill('2');
    await control('seed').press('Enter');
    const second = await drawnNatively(shipped('mnist-student'), { seed: 2 });
    await expectDrawn('student-canvas', second);
    expect(furthest(await drawnNatively(shipped('mnist-student')), second), 'another seed, another picture').toBeGreaterThan(50);
    // The teacher draws again where that is quick, and else shows the noise.
    const noise = [...toBytes(walkNoise({ seed: 2, share: 0 }, 1, 784))];
    const drawn = await drawnNatively(shipped('mnist-teacher'), { seed: 2, steps: 2 });
    const nearest = async (): Promise<number> => {
      const now = await pixels('teacher-canvas');
      return Math.min(furthest(now, noise), furthest(now, drawn));
    };
    await expect.poll(nearest, patience).toBeLessThanOrEqual(2);
    expect(new URL(page().url()).hash).toBe('#draw?seed=2&images=1&steps=2');
    await page().goBack();
    await expect.poll(() => control('seed').inputValue(), patience).toBe('1');
    await expectDrawn('student-canvas', await drawnNatively(shipped('mnist-student')));
    await page().goForward();
    await expectDrawn('student-canvas', second);
  });

  test('the slider ends at the next noise, and other noise is other', async () => {
    await control('walk').focus();
    await page().keyboard.press('End');
    expect(await text('walk-value')).toBe('100 %');
    const next = await drawnNatively(shipped('mnist-student'), { seed: 3 });
    await expectDrawn('student-canvas', next);
    await control('new-noise').click();
    await expect.poll(async () => furthest(await pixels('student-canvas'), next), patience).toBeGreaterThan(50);
    expect(await text('walk-value')).toBe('0 %');
  });

  test('the teacher draws in as many steps as it is given, until it is stopped', async () => {
    await page().evaluate(clickWhen, { there: '#teacher-time', fits: '^step \\d+ of 1024$', button: 'stop' });
    await control('steps').focus();
    await page().keyboard.press('End');
    await until('steps-value', /^1024 steps, about/);
    await until('teacher-time', /^stopped$/);
    await control('steps').press('Home');
    await until('teacher-time', /^1 step, /);
  });

  test('saves a picture of the size that is asked for', async () => {
    await control('save-size').selectOption('512');
    const [download] = await Promise.all([page().waitForEvent('download'), control('save').click()]);
    expect(download.suggestedFilename()).toMatch(/^student-seed-\d+\.png$/);
    const { width, height, data, channels } = decode(readFileSync(await download.path()));
    expect([width, height]).toEqual([28 * 18, 28 * 18]);
    const greys = Array.from({ length: 784 }, (_, i) => data[((Math.floor(i / 28) * 18 + 9) * width + (i % 28) * 18 + 9) * channels]);
    expect(greys).toEqual(await pixels('student-canvas'));
  });

  test('takes a model folder, and answers garbage with a sentence', async () => {
    const garbage = (name: string) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('not a model at all, but long enough to look'),
    });
    await control('files').setInputFiles([garbage('model.safetensors'), garbage('config.json')]);
    await until('status', /did not work: model: weights/);
    await control('files').setInputFiles([garbage('holiday.jpg')]);
    await until('status', /expected a file model\.safetensors and its config\.json, got holiday\.jpg/);
    expect(await control('status').getAttribute('class')).toContain('failed');
    expect(await control('go-on').isHidden()).toBe(true);
  });

  test('after a lost device one button goes on', async () => {
    const browser = await page().context().browser()!.newBrowserCDPSession();
    await browser.send('Browser.crashGpuProcess');
    // The page learns of it by what it computes, of which a first drawing may just have ended before.
    const drawAgain = async (): Promise<string> => {
      await control('new-noise').click();
      return text('status');
    };
    await expect.poll(drawAgain, { ...patience, interval: 1000 }).toMatch(/What computes here is gone/);
    await control('go-on').click();
    await control('seed').fill('4');
    await control('seed').press('Enter');
    await expectDrawn('student-canvas', await drawnNatively(shipped('mnist-student'), { seed: 4 }));
    expect(await control('go-on').isHidden()).toBe(true);
  });

  test("draws a model of classes on EDM's levels as the native backend does, in any room", patience, async () => {
    // In WebAssembly: a software driver of WebGPU takes most of its time to translate the shaders of another network.
    await comeTo('?backend=wasm#draw?images=1&steps=2');
    const files = await writeEdmModel(scratch);
    await control('seed').fill('1');
    await control('files').setInputFiles(files);
    await until('student-time', /^5 steps, .* for one image$/);
    await until('student-name', /^model$/);
    const inOrder = [...files].sort((a) => (a.endsWith('.safetensors') ? -1 : 1));
    const any = await drawnNatively(inOrder, { steps: 5 });
    expect(new Set(any).size, 'different greys').toBeGreaterThan(50);
    await expectDrawn('student-canvas', any);
    const ofClass = await Promise.all([0, 1, 2].map((number) => drawnNatively(inOrder, { steps: 5, class: number })));
    expect(new Set(ofClass.map(String)).size, 'different pictures').toBe(3);
    for (const number of [0, 1, 2]) {
      await control('class').selectOption(`${number}`);
      await expectDrawn('student-canvas', ofClass[number]);
    }
    await control('shipped').click();
    await until('status', /shipped student/);
    await until('student-name', /^Student$/);
    await until('student-time', /^1 step, /);
    expect(await control('class').isHidden()).toBe(true);
  });
});

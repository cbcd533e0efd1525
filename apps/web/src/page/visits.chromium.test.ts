import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { drawnNatively } from '../testing/drawn-natively.js';
import { inChromium, patience } from '../testing/in-chromium.js';

inChromium('a visit to the page', ({ app, page, control, comeTo, until, shipped, expectDrawn }) => {
  test('a first visit draws in WebAssembly before 3.2 MB have come, on threads, and the next one without a network', async () => {
    const before = app().server.sent();
    await comeTo('');
    await until('student-time', /^1 step, .* for 16 images$/);
    expect(app().server.sent() - before).toBeLessThanOrEqual(3.2e6);
    expect(await page().evaluate(() => crossOriginIsolated)).toBe(true);
    await until('status', /in WebAssembly/);
    const drawn = await drawnNatively(shipped('mnist-student'), { images: 16 });
    await expectDrawn('student-canvas', drawn.slice(0, 4 * 784));
    // What was read last may not be kept yet.
    const model = new URL(`models/${basename(shipped('mnist-student')[0])}`, app().server.url).href;
    await expect.poll(() => page().evaluate(async (url) => (await caches.match(url)) !== undefined, model), patience).toBe(true);
    await page().context().setOffline(true);
    await page().reload();
    await until('student-time', /^1 step, .* for 16 images$/);
    await page().context().setOffline(false);
  });

  test('shows how much of a model has come', async () => {
    const sendTheRest = app().server.holdBack('mnist-student');
    await comeTo('?backend=wasm');
    const come = (): Promise<number> => control('load').evaluate((bar) => (bar as HTMLProgressElement).value);
    await expect.poll(come, patience).toBeGreaterThan(0.4);
    expect(await come()).toBeLessThanOrEqual(0.5);
    expect(await control('load').isVisible()).toBe(true);
    sendTheRest();
    await until('student-time', /^1 step, /);
    expect(await control('load').isHidden()).toBe(true);
  });

  test('Back from the first step leads to the page as it opened, fields and room', async () => {
    await comeTo('?backend=wasm');
    await control('seed').fill('2');
    await control('seed').press('Enter');
    await control('tab-idea').click();
    await control('idea').waitFor();
    await page().goBack();
    await control('draw').waitFor();
    await page().goBack();
    await expect.poll(() => control('seed').inputValue(), patience).toBe('1');
    expect(new URL(page().url()).hash).toBe('');
    await control('tab-measure').click();
    await control('measure').waitFor();
    await page().goBack();
    await control('draw').waitFor();
  });

  test('falls back to JavaScript with a word', async () => {
    await comeTo('?backend=cpu#draw?images=1');
    await until('status', /No WebGPU here/);
    await until('student-time', /^1 step, .* for one image$/);
    await expectDrawn('student-canvas', await drawnNatively(shipped('mnist-student')));
  });

  test('after an error that ends the worker in the middle of a drawing one button goes on', async () => {
    await control('teach').click(); // 64 steps
    await until('teacher-time', /^(warming up…|step \d)/);
    // The browser may report what ends a worker late, or, once the worker is gone, never.
    app().expectTrouble('memory is used up');
    const worker = page()
      .workers()
      .find((one) => one.url().includes('draw-worker'))!;
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('memory is used up');
      });
    });
    await until('status', /^What computes here is gone: .*memory is used up/);
    await control('go-on').click();
    await until('teacher-time', /^the noise they begin as$/);
  });

  test('weights that were changed on the way are refused', async () => {
    app().server.spoil('mnist-student');
    await comeTo('?backend=wasm');
    await until('status', /mnist-student-[\da-f]+\.safetensors is not the file this page was built with/);
  });
});

import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import race from '../race/race.json';
import { clickWhen } from '../testing/click-when.js';
import { drawnNatively } from '../testing/drawn-natively.js';
import { inChromium, patience } from '../testing/in-chromium.js';

inChromium('the room Distil', ({ page, control, comeTo, text, until, shipped, expectDrawn }) => {
  beforeAll(() => comeTo('?backend=wasm#distil'));

  test('shows the recorded race as it was measured, and lets its curves grow', async () => {
    const [tract, halving] = [race.students.tract, race.students.halving].map(({ points }) => points.at(-1)![1].toFixed(1));
    const calls = (race.images * race.callsPerImage).toLocaleString('en');
    const words = await text('race-words');
    expect(words).toMatch(new RegExp(`^After ${calls} network calls `));
    expect(words).toContain(`one step of TRACT's student is at ${tract}, one of halving's at ${halving},`);
    const picture = (): Promise<string> => control('race').evaluate((found) => (found as HTMLCanvasElement).toDataURL());
    // One frame is drawn at the click, so that the first look shows the start.
    const begun = await page().evaluate(() => {
      document.getElementById('race-again')!.click();
      return document.querySelector<HTMLCanvasElement>('#race')!.toDataURL();
    });
    await expect.poll(picture, patience).not.toBe(begun);
  });

  test('distils digits, pauses, goes on after a reload to the end, and gives the student away', async () => {
    const least = control('digit-images').locator('option').first();
    await least.evaluate((option) => {
      (option as HTMLOptionElement).value = '192'; // three updates, for the sake of the test
    });
    await control('digit-images').selectOption('192');
    await page().evaluate(clickWhen, { there: '#digit-student-note', fits: '^32 steps$', button: 'pause-digits' });
    await control('start-digits').click();
    await until('digit-note', /^(Kept|Finished)/);
    expect(await text('digit-note')).toMatch(/^Kept in this browser: \d+ of 192 images/);
    await page().reload();
    await until('digit-note', /^Kept in this browser: \d+ of 192 images/);
    await control('start-digits').filter({ hasText: 'Go on' }).click();
    await until('digit-note', /^Finished: 192 of 192 images/);
    expect(await text('digit-teacher-note')).toBe('64 steps');
    expect(await text('digit-student-note')).toMatch(/^1 step, distance [\d.]+$/);
    const teacher = await drawnNatively(shipped('mnist-teacher'), { images: 16, steps: 64 });
    await expectDrawn('digit-teacher', teacher.slice(0, 4 * 784));

    const [download] = await Promise.all([page().waitForEvent('download'), control('save-safetensors').click()]);
    expect(download.suggestedFilename()).toBe('digits-student.safetensors');
    const file = await download.path();
    await expectDrawn('digit-student', (await drawnNatively([file], { images: 16 })).slice(0, 4 * 784));
    const [graph] = await Promise.all([page().waitForEvent('download'), control('save-onnx').click()]);
    expect(readFileSync(await graph.path()).length).toBeGreaterThan(5e6);
    await control('draw-student').click();
    await until('student-name', /^distilled here$/);
    await expectDrawn('student-canvas', (await drawnNatively([file], { images: 16 })).slice(0, 4 * 784));

    await control('tab-distil').click();
    await control('discard-digits').click();
    await expect.poll(() => control('save-onnx').isDisabled(), patience).toBe(true);
    expect(await text('start-digits')).toBe('Distil digits');
    expect(await text('digit-note')).toBe('');
  });
});

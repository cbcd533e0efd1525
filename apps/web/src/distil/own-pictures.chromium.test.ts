import { encode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { drawnNatively } from '../testing/drawn-natively.js';
import { inChromium, patience } from '../testing/in-chromium.js';

/** A white bar on black, wider than high, at another place each. */
const bar = (number: number) => {
  const [width, height] = [84, 56];
  const data = Uint8Array.from({ length: width * height }, (_, i) => (Math.abs((i % width) - 30 - 2 * number) < 4 ? 255 : 0));
  return { name: `bar-${number}.png`, mimeType: 'image/png', buffer: Buffer.from(encode({ width, height, channels: 1, data })) };
};

inChromium('own pictures in the room Distil', ({ page, control, comeTo, text, until, expectDrawn }) => {
  beforeAll(() => comeTo('?backend=wasm#distil?pictures=own'));

  test('gathers files and drawings, says what is no picture, and keeps them', async () => {
    await until('own-note', /^0 pictures; it takes 10, better 100\.$/);
    expect(await control('start-digits').isDisabled()).toBe(true);
    await control('own-files').setInputFiles([
      ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map(bar),
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not a picture') },
    ]);
    await until('own-note', /^9 pictures; /);
    await until('status', /did not work: notes\.txt is no picture that this browser reads$/);
    await control('pad').scrollIntoViewIfNeeded();
    const { x, y } = (await control('pad').boundingBox())!;
    await page().mouse.move(x + 40, y + 40);
    await page().mouse.down();
    await page().mouse.move(x + 40, y + 150, { steps: 5 });
    await page().mouse.up();
    await control('add-drawing').click();
    await until('own-note', /^10 pictures\.$/);
    // The last of four in a row: the drawing, a bar on the left; the first: the middle square of a file.
    const columns = await control('own-pictures').evaluate((found) => {
      const picture = found as HTMLCanvasElement;
      const copy = new OffscreenCanvas(picture.width, picture.height).getContext('2d', { willReadFrequently: true })!;
      copy.drawImage(picture, 0, 0);
      const brightest = (left: number, top: number): number => {
        const row = [...copy.getImageData(left, top + 14, 28, 1).data].filter((_, i) => i % 4 === 0);
        return row.indexOf(Math.max(...row));
      };
      return [brightest(0, 0), brightest(30, 60)];
    });
    expect(columns[0]).toBeGreaterThanOrEqual(6); // (30 - 14) / 2 = 8
    expect(columns[0]).toBeLessThanOrEqual(9);
    expect(columns[1]).toBeGreaterThanOrEqual(4); // 40 of 192
    expect(columns[1]).toBeLessThanOrEqual(7);
    await page().reload();
    await until('own-note', /^10 pictures\.$/);
  });

  test('counts a stroke as drawn that the system takes away in the middle', async () => {
    await control('pad').scrollIntoViewIfNeeded();
    const { x, y } = (await control('pad').boundingBox())!;
    expect(await control('add-drawing').isDisabled()).toBe(true);
    const touches = await page().context().newCDPSession(page());
    const touch = (type: 'touchStart' | 'touchMove' | 'touchCancel', ...touchPoints: { x: number; y: number }[]) =>
      touches.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', { x: x + 40, y: y + 40 });
    await touch('touchMove', { x: x + 40, y: y + 150 });
    await touch('touchCancel');
    await expect.poll(() => control('add-drawing').isEnabled(), patience).toBe(true);
    await control('clear-pad').click();
    expect(await control('add-drawing').isDisabled()).toBe(true);
  });

  test('trains a teacher on them, pauses, distils it, and gives the student away', async () => {
    const least = control('digit-images').locator('option').first();
    await least.evaluate((option) => {
      (option as HTMLOptionElement).value = '192'; // three updates each, for the sake of the test
    });
    await control('digit-images').selectOption('192');
    await expect.poll(() => control('start-digits').isEnabled(), patience).toBe(true);
    // Both in one turn, so that the pause is there before the run is.
    await page().evaluate(() => {
      for (const id of ['start-digits', 'pause-digits']) (document.getElementById(id) as HTMLButtonElement).click();
    });
    await until('digit-note', /^(Kept|Finished)/);
    expect(await text('digit-note')).toBe('Kept in this browser: 64 of 384 images.');
    expect(await control('own-files').isDisabled()).toBe(true);
    expect(await text('own-note')).toMatch(/^10 pictures, which stay as they are/);
    await control('start-digits').filter({ hasText: 'Go on' }).click();
    await until('digit-note', /^Finished: 384 of 384 images/);
    expect(await text('digit-teacher-note')).toBe('64 steps');
    expect(await text('digit-student-note')).toBe('1 step');
    const [download] = await Promise.all([page().waitForEvent('download'), control('save-safetensors').click()]);
    expect(download.suggestedFilename()).toBe('pictures-student.safetensors');
    const drawn = await drawnNatively([await download.path()], { images: 16 });
    await expectDrawn('digit-student', drawn.slice(0, 4 * 784));
    await control('discard-digits').click();
    await expect.poll(() => control('save-onnx').isDisabled(), patience).toBe(true);
    await control('forget-own').click();
    await until('own-note', /^0 pictures; /);
    await control('pictures').selectOption('digits');
    expect(await control('own').isHidden()).toBe(true);
    await expect.poll(() => control('start-digits').isDisabled(), patience).toBe(false);
    await control('tab-draw').click();
    await page().evaluate(
      (bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], 'dropped.png', { type: 'image/png' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
      },
      [...bar(3).buffer],
    );
    await until('own-note', /^1 picture; it takes 10, better 100\.$/);
    expect(await control('own').isVisible()).toBe(true);
    expect(new URL(page().url()).hash).toContain('distil?pictures=own');
  });
});

import { beforeAll, expect, test } from 'vitest';
import { clickWhen } from '../testing/click-when.js';
import { inChromium, patience } from '../testing/in-chromium.js';

inChromium('the room Idea', ({ page, control, comeTo, text, until }) => {
  beforeAll(() => comeTo('?backend=wasm#idea'));

  test('shows the target of each start point, by slider, pointer and by itself, in both phases', async () => {
    await until('idea-words', /^From step 492 of 1024 the teacher takes one step, to 493.* the end of the group, 512\./);
    await control('start-point').focus();
    await page().keyboard.press('End');
    await until('idea-words', /^From step 511 of 1024 the group ends with the teacher's next step/);
    await control('phase').selectOption('second');
    await until('idea-words', /^From step 31 of 32/);
    const box = (await control('idea-picture').boundingBox())!;
    await page().mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await until('idea-words', /^From step 16 of 32 the teacher takes one step, to 17/);
    await page().mouse.move(0, 0);
    await control('idea-play').click();
    await control('idea-play').filter({ hasText: 'Play' }).waitFor();
    await until('idea-words', /^From step 0 of 32/);
    expect(await page().locator('.idea-point.known').count()).toBe(33);
  });

  test('trains and distils in the plane; another shape begins anew', async () => {
    const canvasUrl = (id: string): Promise<string> => control(id).evaluate((found) => (found as HTMLCanvasElement).toDataURL());
    const empty = await control('toy-tract').evaluate((found) => {
      const { width, height } = found as HTMLCanvasElement;
      return Object.assign(document.createElement('canvas'), { width, height }).toDataURL();
    });
    await expect.poll(() => canvasUrl('toy-tract'), patience).not.toBe(empty);
    const spiral = await canvasUrl('toy-tract');
    await control('shape').selectOption('moons');
    await expect.poll(() => canvasUrl('toy-tract'), patience).not.toBe(spiral);
    const moons = await canvasUrl('toy-tract');
    await control('updates').fill('');
    await control('start-toy').click();
    expect(await page().locator('#updates:invalid').count()).toBe(1);
    await control('updates').fill('20');
    await control('start-toy').click();
    await until('toy-btd-note', /^1 step, distance \d/);
    expect(await text('toy-tract-note')).toMatch(/^1 step, distance \d/);
    expect(await canvasUrl('toy-tract')).not.toBe(moons);
    await until('toy-note', /32 steps became one/);
    await control('shape').selectOption('grid');
    await until('toy-tract-note', /^1 step$/);
    expect(await text('toy-note')).toBe('');
    await control('updates').fill('20000');
    await page().evaluate(clickWhen, { there: '#toy-note', fits: 'teacher learns.* left', button: 'stop-toy' });
    await control('start-toy').click();
    await until('toy-note', /Stopped/);
  });
});

import { beforeAll, expect, test } from 'vitest';
import { clickWhen } from '../testing/click-when.js';
import { inChromium } from '../testing/in-chromium.js';

inChromium('the room Measure', ({ page, control, comeTo, text, until }) => {
  beforeAll(() => comeTo('?backend=webgpu#draw?images=1'));

  test('measures speed, gives a row of it, and checks the errors of operations', async () => {
    await control('tab-draw').focus();
    await page().keyboard.press('End');
    await page().locator('#device dd').first().waitFor();
    expect(await text('device')).toMatch(/WebGPU/);
    await control('measure-speed').click();
    await until('speed', /images per second, 1 at a time/);
    expect(await text('row')).toMatch(
      /^\| mnist-student \| 1 step, 1 at a time \| [\d.]+ images\/s \| WebGPU \(.*\) \| Chrome [\d.]+, \w+ \| \d{4}-\d\d-\d\d \|$/,
    );
    await page().context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await control('copy-row').click();
    await until('status', /^Copied\.$/);
    expect(await page().evaluate(() => navigator.clipboard.readText())).toBe(await text('row'));
    await page().evaluate(clickWhen, { there: '#operations tbody tr:nth-child(12)', button: 'stop-operations' });
    await control('measure-operations').click();
    await until('operations-verdict', /^All \d+ are right, then stopped\.$/);
    expect(await page().locator('#operations tbody tr').first().innerText()).toMatch(/right$/);
  });
});

import { serveFolder } from '/tmp/wt/web/apps/web/src/testing/serve-folder.ts';
import { launchChromium } from '/tmp/wt/web/packages/backend-webgpu/src/testing/chromium.ts';
import { test } from 'vitest';
test('shots', async () => {
  const { url, close } = await serveFolder('/tmp/wt/web/apps/web/dist');
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 }, colorScheme: (process.env.SCHEME ?? 'light') as 'light' });
  page.on('console', (m) => console.log('console', m.type(), m.text()));
  page.on('pageerror', (e) => console.log('pageerror', String(e)));
  const t = Date.now();
  const log = (s: string) => console.log(Date.now() - t, s);
  await page.goto(url + (process.env.Q ?? ''));
  for (let i = 0; i < Number(process.env.N ?? 20); i++) {
    await page.waitForTimeout(3000);
    log(await page.evaluate(() => ['status', 'student-time', 'teacher-time','toy-tract-note','operations-verdict','speed'].map((id) => document.getElementById(id)?.textContent).join(' | ')));
    if (process.env.UNTIL && (await page.evaluate((u) => document.body.textContent?.includes(u), process.env.UNTIL))) break;
  }
  await page.screenshot({ path: process.env.SHOT ?? '/tmp/shot.png', fullPage: true });
  await browser.close(); close();
}, 600000);

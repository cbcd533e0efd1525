import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launchChromium, noChromium } from '@tract/backend-webgpu/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const reason = process.env.TRACT_DOCS_SUITE === undefined ? 'minutes of building; TRACT_DOCS_SUITE=1, or npm run test:full' : undefined;
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

describe.skipIf(reason !== undefined)(`the documentation site${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let pages: Map<string, string>;

  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['site.mjs', 'build'], { cwd: root, env: { ...process.env, NODE_ENV: 'production' } }); // fails for a link to no page
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.html') && !name.startsWith('app/'),
    );
    pages = new Map(files.map((name) => [name, readFileSync(join(dist, name), 'utf8')]));
  });

  test('every link leads to a page that is there, and to a heading of it', () => {
    const lost: string[] = [];
    for (const [name, html] of pages) {
      for (const [, href] of html.matchAll(/<a [^>]*href="([^"]*)"/g)) {
        if (/^(https?:|mailto:)/.test(href)) continue;
        const [path, hash] = decodeURI(href.replaceAll('&amp;', '&')).split('#');
        const absolute = path === '' ? join(dist, name) : path.startsWith('/') ? join(dist, path) : resolve(dist, dirname(name), path);
        const file = extname(absolute) ? absolute : join(absolute, 'index.html');
        const target = pages.get(file.slice(dist.length + 1));
        const byHand = ![name, path].some((one) => one.includes('api/')); // TypeDoc numbers headings of one name otherwise than VitePress
        if (!existsSync(file) || (byHand && hash && target && !target.includes(`id="${hash}"`))) lost.push(`${name}: ${href}`);
      }
    }
    expect(lost).toEqual([]);
    expect(pages.size).toBeGreaterThan(60);
  });

  const noBrowser = noChromium();
  test.skipIf(noBrowser !== undefined)(
    `pages ask nobody else for anything, fit a phone, and are searched without a server${noBrowser ?? ''}`,
    async () => {
      const browser = await launchChromium();
      afterAll(() => browser.close());
      const asked: string[] = [];
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      await page.route('**/*', (route) => {
        const url = new URL(route.request().url());
        if (url.hostname !== 'localhost') {
          asked.push(url.href);
          return route.abort();
        }
        const path = join(dist, url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname);
        return existsSync(path) ? route.fulfill({ path }) : route.fulfill({ status: 404 });
      });
      for (const path of [
        '',
        'guides/pictures.html',
        'guides/samplers.html',
        'settings.html',
        'packages/samplers.html',
        'api/@tract/samplers.html',
      ]) {
        await page.goto(`http://localhost/${path}`);
        await page.waitForLoadState('networkidle');
        const { scroll, width } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: innerWidth }));
        expect(scroll, path).toBeLessThanOrEqual(width);
      }
      await page.goto('http://localhost/');
      await page.click('.VPNavBarSearch button');
      await page.fill('.VPLocalSearchBox input', 'UniPC');
      await page.waitForSelector('.VPLocalSearchBox .result');
      expect(asked).toEqual([]);
    },
  );
});

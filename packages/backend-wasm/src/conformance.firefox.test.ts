import { fileURLToPath } from 'node:url';
import { noFirefox, type PageResult, pageVitest, resultInFirefox } from '@tract/backend-webgpu/testing';
import { describe, expect, test } from 'vitest';
import type { WasmInfo } from './index.js';

// npm test runs the same pages in Chromium.
const reason = process.env.TRACT_BROWSER_SUITE === undefined ? 'set TRACT_BROWSER_SUITE=1 to run it' : noFirefox();
if (reason !== undefined) console.warn(`WebAssembly in Firefox is not tested: ${reason}`);

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

describe.skipIf(reason !== undefined).each([
  { title: 'an isolated page', isolated: true },
  { title: 'a page that is not isolated', isolated: false },
])(`in $title of Firefox${reason ? ` (skipped: ${reason})` : ''}`, ({ isolated }) => {
  test('the whole conformance suite passes', async () => {
    const { info, results } = await resultInFirefox<{ info: WasmInfo; results: PageResult[] }>(here('./testing/conformance-page.ts'), {
      alias: { vitest: pageVitest },
      isolated,
    });
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(240);
    expect(info.threads).toBe(isolated ? 2 : 1);
  });

  test('a worker computes, with the same bits on any number of threads', async () => {
    const found = await resultInFirefox<{ info: WasmInfo }>(here('./testing/worker-page.ts'), { isolated });
    expect(found).toMatchObject({ info: { threads: isolated ? 3 : 1 }, count: 4 * 16 * 16 * 32, finite: true, same: true });
  });
});

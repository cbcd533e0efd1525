import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { noChromium, type PageResult, pageVitest, resultOfPage } from './testing/index.js';

// The suite runs under Node by the same driver already, and takes half a minute more here.
const unasked = process.env.TRACT_BROWSER_SUITE === undefined ? 'set TRACT_BROWSER_SUITE=1 to run it' : undefined;
const reason = noChromium() ?? unasked;
if (reason !== undefined) console.warn(`the conformance suite of WebGPU does not run in a browser: ${reason}`);

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

test.skipIf(reason !== undefined)(`the whole conformance suite passes in Chromium${reason ? ` (skipped: ${reason})` : ''}`, async () => {
  const results = await resultOfPage<PageResult[]>(here('./testing/conformance-page.ts'), { alias: { vitest: pageVitest } });
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(results.length).toBeGreaterThan(240);
});

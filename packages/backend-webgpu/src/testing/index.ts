import { fileURLToPath } from 'node:url';

export { chromiumPath, launchChromium, noChromium } from './chromium.js';
export { firefoxPath, noFirefox } from './firefox.js';
export { suiteGpu } from './node-device.js';
export type { PageResult } from './page-vitest.js';
export { type PageOptions, resultInFirefox, resultOfPage } from './result-of-page.js';

/** Module that stands for vitest in a page; it has `runTests` besides. Seen from src/ and from dist/ alike. */
export const pageVitest = fileURLToPath(new URL('../../src/testing/page-vitest.ts', import.meta.url));

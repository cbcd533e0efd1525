import { fileURLToPath } from 'node:url';
import { noChromium, resultOfPage } from '@tract/backend-webgpu/testing';
import { expect, test } from 'vitest';

const reason = noChromium();
if (reason !== undefined) console.warn(`runs in the private file system of a page are not tested: ${reason}`);

test.skipIf(reason !== undefined)(`a run in a page resumes to the bit${reason ? ` (skipped: ${reason})` : ''}`, async () => {
  expect(await resultOfPage(fileURLToPath(new URL('./testing/opfs-page.mjs', import.meta.url)))).toEqual({
    kinds: ['interrupted', 'busy'],
    same: [true, true, true],
    names: ['checkpoints', 'config.json', 'model', 'stats.jsonl'],
  });
});

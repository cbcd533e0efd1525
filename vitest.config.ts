import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const unpublished = (name: string) => fileURLToPath(new URL(`packages/${name}/src/testing/index.ts`, import.meta.url));

export default defineConfig({
  // Helpers of tests that are not published; tsconfig.base.json names the same files.
  resolve: {
    conditions: ['@tract/source'],
    alias: { '@tract/distill/testing': unpublished('distill'), '@tract/backend-tensorflow/testing': unpublished('backend-tensorflow') },
  },
  ssr: { resolve: { conditions: ['@tract/source'], externalConditions: ['@tract/source'] } },
  test: {
    include: ['{packages,apps,tools}/*/{src,test}/**/*.test.{ts,mjs}'],
    globalSetup: ['tools/workspace/build-before-tests.mjs'],
    // Against hangs alone: on a busy machine a test may take minutes, and none of them is about time.
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
    maxWorkers: 2,
  },
});

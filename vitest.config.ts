import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@tract/source'] },
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

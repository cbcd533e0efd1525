import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['@tract/source'] },
  ssr: { resolve: { conditions: ['@tract/source'], externalConditions: ['@tract/source'] } },
  test: {
    include: ['{packages,apps,tools}/*/{src,test}/**/*.test.{ts,mjs}'],
    // WebGPU computes on the processor here: minutes, on a busy machine.
    testTimeout: 300_000,
    maxWorkers: 2,
  },
});

import { defineConfig } from 'tsup';

/** JavaScript only: the type declarations of all packages come from one `tsc -b`, which is faster and checks them too. */
export default defineConfig((options) => ({
  entry: options.entry ?? ['src/index.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'neutral',
  sourcemap: true,
  outDir: 'dist',
  clean: false,
  silent: true,
}));

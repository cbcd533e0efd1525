import { defineConfig } from 'tsup';

/** JavaScript only: the type declarations of all packages come from one `tsc -b`, which is faster and checks them too. */
export default defineConfig((options) => ({
  entry: options.entry ?? ['src/index.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'neutral',
  // Node takes another file for these than bundlers do.
  external: ['@tract/tensor/core', '#stock-cpu'],
  sourcemap: true,
  // The sources are published beside the maps.
  esbuildOptions: (esbuild) => {
    esbuild.sourcesContent = false;
  },
  outDir: 'dist',
  // Chunks of earlier builds would be published; the declarations are not tsup's.
  clean: ['!**/*.d.{ts,mts}', '!**/*.d.{ts,mts}.map', '!**/*.tsbuildinfo'],
  silent: true,
}));

import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** A program for a page as one script; tests of vitest's kind run in it by the few words of `page-vitest.ts`. */
export async function bundlePage(entry: string): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      conditions: ['@tract/source', 'module', 'browser', 'import', 'default'],
      alias: { vitest: fileURLToPath(new URL('./page-vitest.ts', import.meta.url)) },
    },
    build: { write: false, minify: false, target: 'es2022', rollupOptions: { input: entry, output: { codeSplitting: false } } },
  });
  const results = Array.isArray(output) ? output : [output];
  for (const result of results) {
    if (!('output' in result)) continue;
    const chunk = result.output.find((part) => part.type === 'chunk');
    if (chunk?.type === 'chunk') return chunk.code;
  }
  throw new Error(`bundlePage: ${entry} gave no script`);
}

import { build } from 'vite';

/** A program for a page as one script. `alias` puts other modules in the place of some, such as `page-vitest.ts` for tests of vitest's kind. */
export async function bundlePage(entry: string, alias: Readonly<Record<string, string>> = {}): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      conditions: ['@tract/source', 'module', 'browser', 'import', 'default'],
      alias,
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

import { build } from 'vite';

/** A program for a page: its files by path, and the path of the first script. */
export type Bundle = { readonly script: string; readonly files: ReadonlyMap<string, string | Uint8Array> };

/** Bundle a program for a page. `alias` puts other modules in the place of some, such as `page-vitest.ts` for tests of vitest's kind. */
export async function bundlePage(entry: string, alias: Readonly<Record<string, string>> = {}): Promise<Bundle> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      conditions: ['@tract/source', 'module', 'browser', 'import', 'default'],
      alias,
    },
    worker: { format: 'es' },
    build: { write: false, minify: false, target: 'es2022', rollupOptions: { input: entry, output: { codeSplitting: false } } },
  });
  const parts = (Array.isArray(output) ? output : [output]).flatMap((result) => ('output' in result ? result.output : []));
  const script = parts.find((part) => part.type === 'chunk' && part.isEntry);
  if (script === undefined) throw new Error(`bundlePage: ${entry} gave no script`);
  const files = parts.map((part) => [`/${part.fileName}`, part.type === 'chunk' ? part.code : part.source] as const);
  return { script: `/${script.fileName}`, files: new Map(files) };
}

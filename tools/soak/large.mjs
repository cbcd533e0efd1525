// Writes, reads and converts files of so many megabytes in pieces, in this process, and prints one JSON line: what came back, and how far the peak of its
// memory went above the start of each part.
// node tools/soak/large.mjs MEGABYTES FOLDER
import { join } from 'node:path';
import { lazyArray, readTorch, torchPieces } from '@tract/checkpoint';
import { openFile, sha256OfFiles } from '@tract/checkpoint/node';
import { openSource } from '@tract/convert/node';
import { readImages } from '@tract/scores';
import { runConfig } from '@tract/train';
import { folderStore, writeFileAtomically } from '@tract/train/node';

const [megabytes, folder] = [Number(process.argv[2]), process.argv[3]];
const tensors = 32;
/** Numbers of one tensor. */
const numbers = Math.ceil((megabytes * 2 ** 20) / 4 / tensors);
const tensorBytes = 4 * numbers;

const valueAt = (tensor, i) => tensor + (i % 1000) / 1000;
const arrayOf = (tensor) => lazyArray('F32', [numbers], () => Float32Array.from({ length: numbers }, (_, i) => valueAt(tensor, i)));
const arrays = new Map(Array.from({ length: tensors }, (_, i) => [`t${String(i).padStart(2, '0')}`, arrayOf(i)]));
const isThere = (found) => {
  const last = [...found].at(-1);
  return found.size === tensors && [0, 999, numbers - 1].every((i) => Math.abs(last[1].data[i] - valueAt(tensors - 1, i)) < 1e-5);
};

/** Peak of the memory above what is taken when the part begins, in tensors. */
async function part(work) {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const right = await work(watch);
  watch();
  return { right, aboveMegabytes: Math.round((peak - before) / 2 ** 20) };
}

/** Look at the memory as each piece is made. */
const watched = ({ size, pieces }, watch) => ({
  size,
  pieces: (function* () {
    for (const piece of pieces) {
      watch();
      yield piece;
    }
  })(),
});

/** An npy file of bytes that are all 7, in pieces of 4 MB. */
function npyOf(shape) {
  const facts = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`;
  const text = `${facts.padEnd(64 * Math.ceil((11 + facts.length) / 64) - 11)}\n`;
  const header = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([text.length & 255, text.length >> 8]),
    Buffer.from(text),
  ]);
  const size = shape.reduce((product, side) => product * side, 1);
  const piece = new Uint8Array(2 ** 22).fill(7);
  function* pieces() {
    yield header;
    for (let at = 0; at < size; at += piece.length) yield piece.subarray(0, Math.min(piece.length, size - at));
  }
  return { size: header.length + size, pieces: pieces() };
}

const state = { step: 1, totalSteps: 2, images: 1, seconds: 0, counters: {}, window: { loss: 0, gradNorm: 0, count: 0 } };
const torch = join(folder, 'weights.pt');
const images = join(folder, 'images.npy');
const count = Math.ceil((megabytes * 2 ** 20) / 3072);

const parts = {
  checkpoint: await part(async (watch) => {
    const store = folderStore(join(folder, 'run'));
    const seeing = (array) =>
      lazyArray('F32', array.shape, () => {
        watch();
        return array.data;
      });
    const seen = new Map([...arrays].map(([name, array]) => [name, seeing(array)]));
    const config = runConfig('train', {});
    await store.open(config, { totalSteps: 2 });
    await store.begin(config);
    await store.commit({ config, state, tensors: seen }, 1);
    const right = isThere((await store.latest()).tensors);
    await store.close();
    return right;
  }),
  torch: await part(async (watch) => {
    writeFileAtomically(torch, watched(torchPieces(arrays), watch));
    const file = openFile(torch);
    const right = isThere(readTorch(file, { source: torch }).tensors);
    file.close();
    return right;
  }),
  convert: await part(async () => {
    const source = openSource(torch);
    const right = isThere(source.content.tensors) && source.sha256 === sha256OfFiles([openFile(torch)]);
    source.close();
    return right;
  }),
  npy: await part(async (watch) => {
    writeFileAtomically(images, watched(npyOf([count, 32, 32, 3]), watch));
    return true;
  }),
  score: await part(async (watch) => {
    const series = await readImages(images);
    let sum = 0;
    for (let first = 0; first < series.count; first += 256) {
      sum += series.take(first, 256).data[0];
      watch();
    }
    return series.count === count && sum === 7 * Math.ceil(count / 256);
  }),
};
console.log(JSON.stringify({ megabytes, tensorMegabytes: tensorBytes / 2 ** 20, parts }));

// One piece of work on files, in this process: prints one JSON line of its seconds and of the peak of the memory, both without what was done to prepare it.
// node --expose-gc tools/bench/files-work.mjs PART ...
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerNativeBackend } from '@tract/backend-native';
import { lazyArray } from '@tract/checkpoint';
import { openFile, sha256OfFiles } from '@tract/checkpoint/node';
import { savedPieces } from '@tract/model';
import { leaves, readerNow, tensor, useBackend } from '@tract/tensor';
import { runConfig } from '@tract/train';
import { folderStore, writeFileAtomically, writeFolderAtomically } from '@tract/train/node';
import { networkSpec } from '@tract/unet';
import { main } from '../../apps/cli/dist/main.js';

const [part, ...args] = process.argv.slice(2);
const MB = 2 ** 20;

/** The most memory that this process has had since `forget`, in MB; Linux keeps it. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
const forget = () => {
  globalThis.gc?.();
  writeFileSync('/proc/self/clear_refs', '5');
};

async function measured(work) {
  forget();
  const before = process.memoryUsage.rss() / MB;
  const started = performance.now();
  const more = await work();
  return { seconds: (performance.now() - started) / 1000, beforeMB: before, peakMB: peak(), ...more };
}

const quiet = { out: () => {}, live: false, columns: () => 80, err: (text) => process.stderr.write(text) };
async function tract(...words) {
  const code = await main(words, quiet);
  if (code !== 0) throw new Error(`tract ${words.join(' ')} ended with ${code}`);
}

/** Numbers that do not compress, the same each time. */
const noise = (count, seed) =>
  Float32Array.from({ length: count }, (_, i) => ((Math.imul(i + 1, 0x9e3779b1 + seed) >>> 8) / 2 ** 24 - 0.5) / 8);

/** The narrowest of a family of networks that takes so many bytes, and its parameters. */
function networkOf(bytes) {
  for (let channels = 32; ; channels += 32) {
    const sizes = {
      imageSize: 32,
      inChannels: 3,
      channels,
      embChannels: 4 * channels,
      channelMult: [1, 2, 2],
      blocks: 2,
      attentionResolutions: [16],
    };
    const network = { kind: 'unet', ...sizes, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1, groups: 32 };
    const list = leaves(networkSpec(network)).map(([name, { shape }]) => [name, shape, shape.reduce((a, b) => a * b, 1)]);
    if (list.reduce((sum, [, , count]) => sum + 4 * count, 0) >= bytes) return { network, list };
  }
}

/** An npy of so many digits of 28x28. */
function writeDigits(path, count) {
  const facts = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, 28, 28, 1), }`;
  const header = `\x93NUMPY\x01\x00\x76\x00${facts.padEnd(117)}\n`;
  const piece = Uint8Array.from({ length: 784 * 100 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
  function* pieces() {
    yield Buffer.from(header, 'latin1');
    for (let at = 0; at < count; at += 100) yield piece;
  }
  writeFileAtomically(path, { size: 128 + 784 * count, pieces: pieces() });
}

const parts = {
  idle: () => measured(async () => ({})),
  make: async (folder, megabytes, images) => {
    const { network, list } = networkOf(Number(megabytes) * MB);
    const arrays = list.map(([name, shape, count], i) => [name, lazyArray('F32', shape, () => noise(count, i))]);
    const description = { network, prediction: 'v', samplingSteps: [64], data: 'noise' };
    writeFolderAtomically(join(folder, 'model'), new Map(Object.entries(savedPieces(description, arrays))));
    await tract('convert', join(folder, 'model'), join(folder, 'weights.pt'));
    for (const [name, count] of [
      ['few', Number(images)],
      ['many', 4 * Number(images)],
    ])
      writeDigits(join(folder, `${name}.npy`), count);
    const { imageSize, attentionResolutions } = network;
    writeFileSync(join(folder, 'settings.json'), JSON.stringify({ imageSize, attentionResolutions, heads: 1, prediction: 'v' }));
    return { largestMB: Math.max(...list.map(([, , count]) => 4 * count)) / MB };
  },
  save: async (folder, megabytes) => {
    registerNativeBackend();
    await useBackend('native');
    const count = 4 * MB;
    const state = Array.from({ length: Math.ceil(Number(megabytes) / 16) }, (_, i) => tensor(noise(count, i), [count]));
    const arrays = new Map(state.map((x, i) => [`t${i}`, lazyArray('F32', [count], readerNow(x))]));
    const store = folderStore(join(folder, 'run'));
    const config = runConfig('train', {});
    mkdirSync(join(folder, 'run'), { recursive: true });
    const progress = { step: 1, totalSteps: 2, images: 1, seconds: 0, counters: {}, window: { loss: 0, gradNorm: 0, count: 0 } };
    return measured(async () => {
      await store.commit({ config, state: progress, tensors: arrays }, 1);
      return { file: join(folder, 'run/checkpoints/step-1/state.safetensors'), largestMB: 16 };
    });
  },
  hash: (path) =>
    measured(async () => {
      const file = openFile(path);
      sha256OfFiles([file]);
      file.close();
    }),
  convert: (folder) =>
    measured(() => tract('convert', join(folder, 'weights.pt'), join(folder, 'converted'), '--config', join(folder, 'settings.json'))),
  fid: (path) => measured(() => tract('fid', path, path, '--features', 'digits', '--no-cache', '--silent')),
};
console.log(JSON.stringify(await parts[part](...args)));

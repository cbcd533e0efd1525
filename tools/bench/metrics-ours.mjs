// Our side of `npm run bench:metrics`: makes the inputs of a task, or runs it once and prints one JSON line.
// usage: metrics-ours.mjs make DIR SIZES | frechet|statistics|inception DIR SIZES THREADS
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeMatrixKernels, registerNativeBackend } from '@tract/backend-native';
import { readNpz, writeNpy, writeNpz } from '@tract/checkpoint';
import {
  accumulateStatistics,
  applyInception,
  featureStatistics,
  frechetDistance,
  INCEPTION_SIZE,
  inceptionConvolutions,
  inceptionFrom,
  useMatrixKernels,
} from '@tract/metrics';
import { dispose, randomNormals, read, tensor, useBackend } from '@tract/tensor';

const [task, folder, sizesText, threads = '1'] = process.argv.slice(2);
const { dimensions, rows, block, batch } = JSON.parse(sizesText);
const file = (name) => join(folder, name);

async function start() {
  registerNativeBackend({ threads: Number(threads) });
  await useBackend('native');
  useMatrixKernels(nativeMatrixKernels());
}

/** Features whose spread falls from dimension to dimension, as that of a network's does. */
function features(seed, count) {
  const values = randomNormals({ seed }, count * dimensions);
  for (let i = 0; i < values.length; i++) values[i] = values[i] * Math.exp((-6 * (i % dimensions)) / dimensions) + 0.1 * (seed - 1);
  return values;
}

async function make() {
  await start();
  for (const [name, seed] of [
    ['a', 1],
    ['b', 2],
  ]) {
    const { mean, covariance } = featureStatistics(features(seed, dimensions + 500), dimensions);
    const arrays = [
      ['mu', { dtype: 'F64', shape: [dimensions], data: mean }],
      ['sigma', { dtype: 'F64', shape: [dimensions, dimensions], data: covariance }],
    ];
    writeFileSync(file(`${name}.npz`), writeNpz(arrays));
  }
  writeFileSync(file('block.npy'), writeNpy({ dtype: 'F32', shape: [block, dimensions], data: features(3, block) }));
}

async function statisticsOf(name) {
  const arrays = await readNpz(readFileSync(file(`${name}.npz`)));
  return { count: dimensions + 500, mean: arrays.get('mu').data, covariance: arrays.get('sigma').data };
}

/** Seconds of a task, and a value that both programs must agree on. */
const tasks = {
  async frechet() {
    const [a, b] = [await statisticsOf('a'), await statisticsOf('b')];
    return timed(() => frechetDistance(a, b));
  },
  async statistics() {
    const part = features(3, block);
    return timed(() => {
      const stream = accumulateStatistics(dimensions);
      for (let done = 0; done < rows; done += block) stream.add(part);
      return stream.statistics().covariance.reduce((sum, value) => sum + value, 0);
    });
  },
  async inception() {
    const params = inceptionFrom(formulaWeights());
    const pixels = Float32Array.from({ length: batch * INCEPTION_SIZE ** 2 * 3 }, (_, i) => 2 * ((i * 0.5698402909980532) % 1) - 1);
    const images = tensor(pixels, [batch, INCEPTION_SIZE, INCEPTION_SIZE, 3]);
    const once = async () => {
      const out = applyInception(params, images, ['2048']);
      const values = await read(out['2048']);
      dispose(out);
      return values.reduce((sum, value) => sum + value, 0);
    };
    await once(); // filters are transformed and memory is taken the first time
    return timed(once);
  },
};

async function timed(work) {
  const began = performance.now();
  const value = await work();
  return { seconds: (performance.now() - began) / 1000, value };
}

/** The formula of metrics_bench.py. */
function formulaWeights() {
  const arrays = new Map();
  let j = 0;
  const put = (name, shape, offset, factor) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const turn = j++ * 0.7548776662466927;
    const data = Float32Array.from({ length: count }, (_, i) => offset + factor * (2 * ((i * 0.6180339887498949 + turn) % 1) - 1));
    arrays.set(name, { shape, data });
  };
  for (const [name, { size, inputs, outputs }] of Object.entries(inceptionConvolutions)) {
    put(`${name}.conv.weight`, [outputs, inputs, ...size], 0, Math.sqrt(6 / (inputs * size[0] * size[1])));
    put(`${name}.bn.weight`, [outputs], 1, 0.1);
    put(`${name}.bn.bias`, [outputs], 0, 0.1);
    put(`${name}.bn.running_mean`, [outputs], 0, 0.1);
    put(`${name}.bn.running_var`, [outputs], 1, 0.25);
  }
  put('fc.weight', [1008, 2048], 0, Math.sqrt(6 / 2048));
  put('fc.bias', [1008], 0, 0.1);
  return arrays;
}

if (task === 'make') await make();
else {
  await start();
  console.log(JSON.stringify(await tasks[task]()));
}

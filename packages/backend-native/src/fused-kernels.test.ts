import '@tensorflow/tfjs-backend-cpu';
import { dispose, read, runMany, tensor, useBackend } from '@tract/tensor';
import { expectClose, type Values } from '@tract/tensor/testing';
import { describe, expect, test } from 'vitest';
import { expectSameBits, type KernelCase, onEachSetting, resultsOn, titleOf } from './testing/kernel-case.js';

const norm = (x: number[], groups: number, silu: boolean, scaleShift: boolean, values: Values = {}): KernelCase => {
  const channels = x[x.length - 1];
  const inputs = { x: { shape: x, values }, gamma: [channels], beta: [channels] };
  const more: KernelCase['inputs'] = scaleShift ? { scaleShift: [x[0], 2 * channels] } : {};
  return { kernel: 'TractGroupNorm', inputs: { ...inputs, ...more }, attributes: { groups, eps: 1e-5, silu } };
};
const normGrad = (x: number[], groups: number, silu: boolean, scaleShift: boolean): KernelCase => {
  const { inputs, attributes } = norm(x, groups, silu, scaleShift);
  const perGroup = { shape: [x[0], groups], values: { offset: 1, spread: 0.1 } };
  return { kernel: 'TractGroupNormGrad', inputs: { dy: x, ...inputs, mean: perGroup, rstd: perGroup }, attributes };
};

/** Few images are split by rows, many by image: sizes on both sides of each limit, and channels that do not fill a vector. */
const sizes: readonly (readonly [shape: number[], groups: number])[] = [
  [[1, 28, 28, 32], 32],
  [[1, 65, 3, 6], 3],
  [[3, 41, 7, 20], 4],
  [[17, 5, 3, 33], 11],
  [[16, 7, 9, 64], 32],
  [[4, 48], 6],
  [[2, 130, 1, 1], 1],
];

/** Compared with the composed kernel on the cpu backend. */
const compared: readonly KernelCase[] = [
  ...sizes.flatMap(([shape, groups], i) => [norm(shape, groups, true, i % 2 === 0), norm(shape, groups, false, i % 2 === 1)]),
  { kernel: 'TractSilu', inputs: { x: [70001] } },
  { kernel: 'TractSiluGrad', inputs: { dy: [70001], x: { shape: [70001], values: { spread: 5 } } } },
  { kernel: 'TractScale', inputs: { x: [33] }, attributes: { factor: -2.5, offset: 0.25 } },
  { kernel: 'TractUpsample2x', inputs: { x: [3, 5, 7, 11] }, attributes: { scale: 0.25 } },
  { kernel: 'TractUpsample2x', inputs: { x: [20, 9, 8, 32] }, attributes: { scale: 1 } },
  { kernel: 'TractDownsample2x', inputs: { x: [3, 6, 4, 11] }, attributes: { scale: 0.25 } },
  { kernel: 'TractDownsample2x', inputs: { x: [20, 18, 16, 32] }, attributes: { scale: 1 } },
  { kernel: 'TractCombine', inputs: { 0: [3, 7, 5] }, attributes: { coefficients: [[2]] } },
  { kernel: 'TractCombine', inputs: { 0: [3, 7, 5], 1: [3, 7, 5] }, attributes: { coefficients: [[2], [1, -1, 0.5]] } },
  {
    kernel: 'TractCombine',
    inputs: { 0: [2, 20001], 1: [2, 20001], 2: [2, 20001], 3: [2, 20001] },
    attributes: { coefficients: [[1, 2], [3], [-1, 0.1], [0.5]] },
  },
  { kernel: 'TractSquaredError', inputs: { prediction: [5, 7, 3, 2], target: [5, 7, 3, 2] }, attributes: { weights: [1, 2, 0, 0.5, 3] } },
  { kernel: 'TractSquaredError', inputs: { prediction: [2, 40001], target: [2, 40001] }, attributes: { weights: [1, 0.5] } },
  { kernel: 'TractNoise', inputs: {}, attributes: { seed: 2 ** 35 + 7, stream: 3, step: 9, samples: [4, 0, 9], shape: [5, 1001] } },
];

/** Too long for the cpu backend: only that the number of threads does not change a bit. */
const large: readonly KernelCase[] = [
  ...sizes.map(([shape, groups], i) => normGrad(shape, groups, i % 2 === 0, i % 3 === 0)),
  norm([64, 14, 14, 64], 32, true, true),
  normGrad([64, 14, 14, 64], 32, true, true),
  ...[1, 2].flatMap((stride): KernelCase[] => {
    const [h, w] = stride === 1 ? [28, 26] : [14, 13];
    return [
      { kernel: 'TractConv2D', inputs: { x: [5, 28, 26, 32], filter: [3, 3, 32, 48], bias: [48] }, attributes: { stride, pad: 1 } },
      {
        kernel: 'TractConv2DInputGrad',
        inputs: { dy: [5, h, w, 48], filter: [3, 3, 32, 48] },
        attributes: { stride, pad: 1, inputShape: [5, 28, 26, 32] },
      },
      {
        kernel: 'TractConv2DFilterGrad',
        inputs: { x: [5, 28, 26, 32], dy: [5, h, w, 48] },
        attributes: { stride, pad: 1, filterShape: [3, 3, 32, 48] },
      },
    ];
  }),
  { kernel: 'BatchMatMul', inputs: { a: [700, 300], b: [300, 130] }, attributes: { transposeA: false, transposeB: false } },
  { kernel: 'TractAttention', inputs: { qkv: [3, 200, 96] }, attributes: { heads: 2 } },
  {
    kernel: 'TractAttentionGrad',
    inputs: { dy: [3, 200, 32], qkv: [3, 200, 96], out: [3, 200, 32], lse: { shape: [3, 2, 200], values: { offset: 6, spread: 0.1 } } },
    attributes: { heads: 2 },
  },
  { kernel: 'Sum', inputs: { x: [64, 784, 33] }, attributes: { axis: [0, 1], keepDims: false } },
  { kernel: 'Sum', inputs: { x: [1000003] }, attributes: { axis: [0], keepDims: false } },
  { kernel: 'Softmax', inputs: { logits: [300, 333] }, attributes: { dim: 1 } },
];

describe('a fused kernel gives what its composed reference gives', () => {
  for (const testCase of compared) {
    test(titleOf(testCase), async () => {
      const expected = await resultsOn('cpu', testCase);
      for (const { instructionSet, one, others } of await onEachSetting(() => resultsOn('native', testCase))) {
        for (const other of others) expectSameBits(other, one, instructionSet);
        expected.forEach(({ shape, values }, i) => {
          expect(one[i].shape).toEqual(shape);
          if (testCase.kernel === 'TractNoise') expectSameBits(one, expected, instructionSet);
          else expectClose(one[i].values, values, 5e-6, 'float32 means of thousands of terms in the reference');
        });
      }
    });
  }
});

describe('the number of threads does not change a bit', () => {
  for (const testCase of large) {
    test(titleOf(testCase), async () => {
      for (const { instructionSet, one, others } of await onEachSetting(() => resultsOn('native', testCase))) {
        expect(one.every(({ values }) => values.every(Number.isFinite))).toBe(true);
        for (const other of others) expectSameBits(other, one, instructionSet);
      }
    });
  }
});

describe('group normalisation far from zero', () => {
  test('a mean of 1000 standard deviations costs no more than the rounding of the input', async () => {
    const shape = [2, 50, 20, 8];
    const noise = Float32Array.from({ length: 16000 }, (_, i) => Math.fround(1000 + Math.sin(i * i)));
    const results = await onEachSetting(async () => {
      await useBackend('native');
      const inputs = { x: tensor(noise, shape), gamma: tensor(Array(8).fill(1), [8]), beta: tensor(Array(8).fill(0), [8]) };
      const outputs = runMany('TractGroupNorm', inputs, { groups: 2, eps: 0, silu: false });
      const values = await Promise.all(outputs.map(read));
      dispose([inputs, outputs]);
      return values;
    });
    const { mean, rstd } = momentsOf(noise, 2, 1000, 8, 2);
    for (const { one } of results) {
      expectClose(one[1], mean, 1e-7, 'rounding to float32');
      expectClose(one[2], rstd, 1e-7, 'rounding to float32');
      const y = Float64Array.from(noise, (v, i) => {
        const g = Math.floor(i / 8000) * 2 + Math.floor((i % 8) / 4);
        return (v - mean[g]) * rstd[g];
      });
      expectClose(one[0], y, 1e-6, 'three float32 roundings');
    }
  });
});

/** Mean and 1 / standard deviation per image and group, in two float64 passes. */
function momentsOf(x: Float32Array, samples: number, pixels: number, channels: number, groups: number) {
  const width = channels / groups;
  const mean = new Float64Array(samples * groups);
  const rstd = new Float64Array(samples * groups);
  for (let g = 0; g < samples * groups; g++) {
    const at = (i: number): number => {
      const pixel = Math.floor(i / width);
      return x[(Math.floor(g / groups) * pixels + pixel) * channels + (g % groups) * width + (i % width)];
    };
    const count = pixels * width;
    for (let i = 0; i < count; i++) mean[g] += at(i) / count;
    let variance = 0;
    for (let i = 0; i < count; i++) variance += (at(i) - mean[g]) ** 2 / count;
    rstd[g] = 1 / Math.sqrt(variance);
  }
  return { mean, rstd };
}

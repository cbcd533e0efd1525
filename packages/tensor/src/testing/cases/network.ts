import { randomUniforms } from '../../noise.js';
import { attention } from '../../ops/attention.js';
import { conv2d } from '../../ops/conv.js';
import { dropout } from '../../ops/dropout.js';
import { groupNorm } from '../../ops/group-norm.js';
import { linear, matmul } from '../../ops/matmul.js';
import { avgPool, maxPool } from '../../ops/pool.js';
import type { OperationCase } from '../operation-case.js';
import { map64, zip64 } from '../reference/array64.js';
import { matmul64, reshape64 } from '../reference/basic.js';
import { attention64, conv2d64, groupNorm64, pool64 } from '../reference/network.js';

const flip = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape[shape.length - 1], shape[shape.length - 2]];

const products = (
  [
    [[], 5, 7, 3],
    [[1], 1, 9, 1],
    [[5], 4, 6, 5],
    [[2, 3], 5, 8, 9],
    [[2], 49, 32, 49],
    [[], 33, 64, 40],
    [[], 5, 300, 257],
  ] as [number[], number, number, number][]
).flatMap(([lead, m, k, n]) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): OperationCase => {
      const a = [...lead, m, k];
      const b = [...lead, k, n];
      return {
        name: `matmul [${a}]${transposeA ? ' given transposed' : ''} by [${b}]${transposeB ? ' given transposed' : ''}`,
        inputs: [transposeA ? flip(a) : a, transposeB ? flip(b) : b],
        operation: ([x, y]) => matmul(x, y, { transposeA, transposeB }),
        reference: ([x, y]) => matmul64(x, y, transposeA, transposeB),
        tolerance: 4e-6,
        cause: `float32 sum of ${k} products in any order`,
      };
    }),
  ),
);

const layers = (
  [
    [[5, 7], 3, true],
    [[1, 32], 64, true],
    [[5, 33], 10, false],
    [[2, 3, 9], 17, true],
    [[1, 49, 40], 96, true],
  ] as [number[], number, boolean][]
).map(([shape, outputs, biased]): OperationCase => {
  const inputs = shape[shape.length - 1];
  return {
    name: `linear [${shape}] to ${outputs}${biased ? ' with bias' : ''}`,
    inputs: biased ? [shape, [inputs, outputs], [outputs]] : [shape, [inputs, outputs]],
    operation: ([x, weight, bias]) => linear(x, weight, bias),
    reference: ([x, weight, bias]) => {
      const y = matmul64(reshape64(x, [x.data.length / inputs, inputs]), weight);
      return reshape64(bias === undefined ? y : zip64(y, bias, (a, b) => a + b), [...shape.slice(0, -1), outputs]);
    },
    tolerance: 4e-6,
    cause: `float32 sum of ${inputs} products in any order`,
  };
});

type Conv = {
  x: number[];
  k: [number, number];
  co: number;
  stride?: number;
  pad?: number | [number, number];
  bias?: boolean;
  residual?: boolean;
  relu?: boolean;
};

const convolutions: Conv[] = [
  { x: [1, 5, 7, 3], k: [3, 3], co: 4, bias: true },
  { x: [5, 4, 6, 5], k: [3, 3], co: 7, bias: true, residual: true },
  { x: [1, 1, 1, 2], k: [3, 3], co: 3 },
  { x: [1, 7, 5, 3], k: [1, 1], co: 8, bias: true },
  { x: [5, 3, 5, 9], k: [1, 1], co: 17, bias: true, residual: true },
  { x: [5, 7, 5, 6], k: [3, 3], co: 10, stride: 2, bias: true },
  { x: [5, 8, 6, 4], k: [3, 3], co: 17, stride: 2, residual: true },
  { x: [1, 8, 6, 4], k: [1, 1], co: 4, stride: 2 },
  { x: [5, 7, 9, 3], k: [1, 1], co: 5, stride: 2, bias: true },
  { x: [2, 6, 7, 3], k: [5, 5], co: 5, bias: true },
  { x: [2, 9, 7, 3], k: [5, 5], co: 4, stride: 2, bias: true },
  { x: [2, 6, 5, 3], k: [2, 2], co: 5, stride: 2, pad: 0, bias: true },
  { x: [2, 5, 6, 3], k: [4, 4], co: 5, stride: 2, pad: 1 },
  { x: [1, 6, 7, 2], k: [3, 5], co: 3, pad: 1, bias: true },
  { x: [1, 6, 5, 3], k: [3, 3], co: 4, pad: 0, bias: true },
  { x: [1, 5, 4, 3], k: [3, 3], co: 4, pad: 2, bias: true },
  { x: [1, 9, 8, 2], k: [3, 3], co: 2, stride: 3 },
  { x: [1, 14, 11, 1], k: [3, 3], co: 32, bias: true },
  { x: [2, 11, 14, 32], k: [3, 3], co: 1, bias: true },
  { x: [2, 7, 9, 32], k: [3, 3], co: 64, bias: true },
  { x: [1, 8, 8, 64], k: [3, 3], co: 32, bias: true, residual: true },
  { x: [1, 5, 17, 40], k: [3, 3], co: 33 },
  { x: [2, 6, 6, 40], k: [1, 1], co: 33, bias: true },
  { x: [2, 9, 7, 33], k: [3, 3], co: 40, stride: 2, bias: true },
  { x: [2, 5, 5, 64], k: [1, 1], co: 96, bias: true, residual: true },
  { x: [2, 7, 9, 32], k: [3, 3], co: 64, bias: true, residual: true, relu: true },
  { x: [1, 6, 7, 3], k: [3, 3], co: 33, stride: 2, bias: true, relu: true },
  { x: [2, 5, 6, 40], k: [1, 1], co: 24, bias: true, relu: true },
  { x: [1, 5, 6, 32], k: [3, 3], co: 2, bias: true, relu: true },
  { x: [2, 5, 9, 24], k: [1, 7], co: 20, pad: [0, 3], bias: true },
  { x: [2, 9, 5, 24], k: [7, 1], co: 20, pad: [3, 0], bias: true },
  { x: [1, 7, 6, 3], k: [3, 1], co: 4, stride: 2, pad: [1, 0] },
];

const convolutionCases = convolutions.map(
  ({ x, k: [kh, kw], co, stride = 1, pad, bias = false, residual = false, relu = false }): OperationCase => {
    const padding = pad ?? (kh - 1) / 2;
    const [vertical, horizontal] = typeof padding === 'number' ? [padding, padding] : padding;
    const output = [x[0], Math.floor((x[1] + 2 * vertical - kh) / stride) + 1, Math.floor((x[2] + 2 * horizontal - kw) / stride) + 1, co];
    const inputs = [x, [kh, kw, x[3], co]];
    if (bias) inputs.push([co]);
    if (residual) inputs.push(output);
    const extras = <T>(xs: readonly T[]): { bias?: T; residual?: T } => ({
      ...(bias ? { bias: xs[2] } : {}),
      ...(residual ? { residual: xs[xs.length - 1] } : {}),
    });
    return {
      name: `conv2d ${kh}x${kw} [${x}] to ${co}, stride ${stride}, pad ${pad ?? 'default'}${bias ? ', bias' : ''}${residual ? ', residual' : ''}${relu ? ', relu' : ''}`,
      inputs,
      operation: (xs) => conv2d(xs[0], xs[1], { ...extras(xs), relu, stride, ...(pad === undefined ? {} : { pad }) }),
      reference: (xs) => {
        const y = conv2d64(xs[0], xs[1], { ...extras(xs), stride, pad: padding });
        return relu ? map64(y, (value) => Math.max(value, 0)) : y;
      },
      tolerance: 5e-6,
      cause: `float32 sums of ${kh * kw * x[3]} products, and in the filter gradient of ${output[0] * output[1] * output[2]}, in any order`,
      // A difference across the kink is no slope; the gradient is that of convolution and relu as two operations.
      differentiable: !relu,
    };
  },
);

type Norm = { x: number[]; groups: number; scaleShift?: boolean; silu?: boolean; offset?: number; spread?: number };

const norms: Norm[] = [
  { x: [1, 3, 5, 6], groups: 3 },
  { x: [5, 4, 3, 8], groups: 2, scaleShift: true, silu: true },
  { x: [5, 3, 4, 10], groups: 5, scaleShift: true },
  { x: [1, 7, 5, 9], groups: 1, silu: true },
  { x: [2, 7, 64], groups: 32, silu: true },
  { x: [5, 12], groups: 2, silu: true },
  { x: [1, 7, 7, 32], groups: 32, scaleShift: true, silu: true },
  { x: [2, 9, 7, 96], groups: 32, scaleShift: true, silu: true },
  { x: [1, 5, 4, 33], groups: 11, silu: true },
  { x: [1, 28, 27, 32], groups: 8, silu: true },
  { x: [2, 3, 5, 8], groups: 4, silu: true, offset: 0, spread: 0.003 },
  { x: [2, 5, 6, 16], groups: 4, scaleShift: true, silu: true, offset: 100 },
];

const normCases = norms.map(({ x, groups, scaleShift = false, silu = false, offset = 0.5, spread = 1.5 }): OperationCase => {
  const channels = x[x.length - 1];
  const inputs: OperationCase['inputs'] = [
    { shape: x, values: { offset, spread } },
    { shape: [channels], values: { offset: 1, spread: 0.5 } },
    [channels],
    ...(scaleShift ? [{ shape: [x[0], 2 * channels], values: { spread: 0.5 } }] : []),
  ];
  const hard = offset > 10;
  return {
    name: `groupNorm [${x}] in ${groups} groups${scaleShift ? ', scale-shift' : ''}${silu ? ', silu' : ''}${hard ? `, mean ${offset}` : ''}${spread < 0.1 ? ', variance near eps' : ''}`,
    inputs,
    operation: ([data, gamma, beta, shift]) => groupNorm(data, gamma, beta, { groups, silu, ...(scaleShift ? { scaleShift: shift } : {}) }),
    reference: ([data, gamma, beta, shift]) =>
      groupNorm64(data, gamma, beta, { groups, eps: 1e-5, silu, ...(scaleShift ? { scaleShift: shift } : {}) }),
    tolerance: hard ? 1e-4 : 1e-5,
    cause: hard
      ? 'mean 67 standard deviations from zero: its float32 rounding is 4e-6 of one'
      : 'float32 statistics, and the cancellation of their gradients',
  };
});

const attentions = (
  [
    [1, 5, 4, 1, 1],
    [5, 6, 8, 2, 1],
    [2, 49, 32, 1, 1],
    [2, 49, 32, 2, 1],
    [1, 17, 64, 4, 1],
    [1, 20, 33, 1, 1],
    [2, 9, 16, 2, 4],
  ] as number[][]
).map(([samples, positions, channels, heads, spread]): OperationCase => {
  return {
    name: `attention ${samples} of ${positions} positions, ${channels} channels, ${heads} heads${spread > 1 ? ', sharp' : ''}`,
    inputs: [{ shape: [samples, positions, 3 * channels], values: { spread } }],
    operation: ([qkv]) => attention(qkv, { heads }),
    reference: ([qkv]) => attention64(qkv, heads),
    tolerance: spread > 1 ? 5e-5 : 1e-5,
    cause: 'float32 logits, whose error the exponential turns into a relative one',
  };
});

const pools = (
  [
    { x: [2, 7, 9, 5], size: 3, stride: 2, pad: 0 },
    { x: [1, 8, 6, 33], size: 3, stride: 2, pad: 0 },
    { x: [2, 5, 6, 17], size: 3, stride: 1, pad: 1 },
    { x: [1, 6, 4, 3], size: 2, stride: 2, pad: 0 },
    { x: [1, 7, 7, 8], size: 5, stride: 3, pad: 2 },
  ] as { x: number[]; size: number; stride: number; pad: number }[]
).flatMap(({ x, ...windows }) =>
  (['max', 'avg'] as const).map((kind): OperationCase => {
    const operation = kind === 'max' ? maxPool : avgPool;
    return {
      name: `${kind}Pool [${x}] in windows of ${windows.size}, stride ${windows.stride}, pad ${windows.pad}`,
      // Below zero, so that a zero taken from outside would show.
      inputs: [{ shape: x, values: { offset: -3 } }],
      operation: ([image]) => operation(image, windows),
      reference: ([image]) => pool64(image, kind, windows),
      tolerance: 2e-6,
      cause: `float32 sum of up to ${windows.size ** 2} terms`,
      differentiable: false,
    };
  }),
);

const dropouts = [
  [5, 3, 7],
  [3, 4, 4, 33],
  [2, 5001],
].map((shape): OperationCase => {
  const key = { seed: 3, stream: 1, step: 2, rate: 0.4 };
  return {
    name: `dropout [${shape}]`,
    inputs: [shape],
    operation: ([x]) => dropout(x, { ...key, samples: { first: 1, count: shape[0] } }),
    reference: ([x]) => {
      const perSample = x.data.length / shape[0];
      const uniforms = Array.from({ length: shape[0] }, (_, i) => randomUniforms({ ...key, sample: 1 + i }, perSample));
      const dropped = (i: number): boolean => uniforms[Math.floor(i / perSample)][i % perSample] < key.rate;
      return { shape: x.shape, data: x.data.map((value, i) => (dropped(i) ? 0 : value / (1 - key.rate))) };
    },
    tolerance: 2e-6,
    cause: 'two float32 roundings',
  };
});

export const networkCases: readonly OperationCase[] = [
  ...dropouts,
  ...pools,
  ...products,
  ...layers,
  ...convolutionCases,
  ...normCases,
  ...attentions,
];

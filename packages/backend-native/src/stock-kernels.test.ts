import '@tensorflow/tfjs-backend-cpu';
import { dispose, read, runMany, tensor, useBackend } from '@tract/tensor';
import { expectClose, type Values } from '@tract/tensor/testing';
import { describe, expect, test } from 'vitest';
import { expectSameBits, type KernelCase, onEachSetting, resultsOn, titleOf } from './testing/kernel-case.js';

const conv = (
  x: number[],
  filter: number[],
  strides: number,
  pad: unknown,
  more: Record<string, unknown> = {},
): Omit<KernelCase, 'kernel'> => ({
  inputs: { x, filter },
  attributes: { strides: [strides, strides], pad, dataFormat: 'NHWC', dilations: [1, 1], ...more },
});
const positive: Values = { offset: 3, spread: 0.7 };

const broadcasts: [number[], number[]][] = [
  [[], []],
  [[7], []],
  [[], [2, 3]],
  [
    [5, 3, 7],
    [5, 3, 7],
  ],
  [[3, 5, 17], [17]],
  [[17], [3, 5, 17]],
  [
    [3, 5, 4, 9],
    [3, 1, 1, 1],
  ],
  [
    [3, 1, 1, 9],
    [3, 5, 4, 9],
  ],
  [
    [4, 6, 1],
    [4, 6, 5],
  ],
  [
    [5, 1, 3],
    [4, 1],
  ],
  [[40000], [40000]],
  [[40001], [1]],
  [
    [3, 20000],
    [3, 1],
  ],
  // Four loops: declined.
  [
    [2, 1, 3, 1],
    [1, 4, 1, 5],
  ],
];

const transposes: [number[], number[]][] = [
  [[7], [0]],
  [
    [5, 37],
    [1, 0],
  ],
  [
    [3, 4, 5],
    [2, 0, 1],
  ],
  [
    [2, 5, 3, 7],
    [0, 2, 1, 3],
  ],
  [
    [2, 3, 4, 5, 6],
    [4, 2, 0, 3, 1],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [5, 3, 1, 4, 2, 0],
  ],
  [
    [130, 260],
    [1, 0],
  ],
  [
    [3, 1, 5],
    [2, 1, 0],
  ],
];

const cases: readonly KernelCase[] = [
  ...['Add', 'Sub', 'Multiply', 'Maximum', 'Minimum'].flatMap((kernel) =>
    broadcasts.map(([a, b]): KernelCase => ({ kernel, inputs: { a, b } })),
  ),
  { kernel: 'RealDiv', inputs: { a: [5, 33], b: { shape: [33], values: positive } } },
  ...['Sigmoid', 'Exp', 'Square', 'Tanh', 'Relu', 'Neg'].map((kernel): KernelCase => ({ kernel, inputs: { x: [5, 7, 3] } })),
  ...['Log', 'Sqrt', 'Rsqrt'].map((kernel): KernelCase => ({ kernel, inputs: { x: { shape: [101], values: positive } } })),
  { kernel: 'ClipByValue', inputs: { x: [50001] }, attributes: { clipValueMin: -0.5, clipValueMax: 1 } },
  { kernel: 'Step', inputs: { x: [33] }, attributes: { alpha: 0.25 } },
  { kernel: 'Fill', inputs: {}, attributes: { shape: [3, 5], value: 2.5, dtype: 'float32' } },
  ...['Sum', 'Mean'].flatMap((kernel) =>
    [[0], [1], [2], [3], [0, 1], [1, 2], [0, 2], [1, 3], [0, 1, 2, 3], [0, 1, 2], []].map(
      (axis): KernelCase => ({ kernel, inputs: { x: [3, 5, 7, 11] }, attributes: { axis, keepDims: axis.length === 2 } }),
    ),
  ),
  { kernel: 'Sum', inputs: { x: [100003] }, attributes: { axis: [0], keepDims: false } },
  { kernel: 'Sum', inputs: { x: [3001, 33] }, attributes: { axis: [0], keepDims: false } },
  { kernel: 'Sum', inputs: { x: [3, 1100, 5] }, attributes: { axis: [0], keepDims: false } },
  ...[[0], [1], [0, 2], [0, 1, 2]].map(
    (reductionIndices): KernelCase => ({
      kernel: 'Max',
      inputs: { x: [65, 3, 17] },
      attributes: { reductionIndices, keepDims: false },
    }),
  ),
  { kernel: 'Softmax', inputs: { logits: [5, 3, 10] }, attributes: { dim: 2 } },
  { kernel: 'Softmax', inputs: { logits: { shape: [3, 1001], values: { spread: 20 } } }, attributes: { dim: 1 } },
  ...[0, 1, 2].map(
    (axis): KernelCase => ({ kernel: 'Concat', inputs: { 0: [2, 3, 5], 1: [2, 3, 5], 2: [2, 3, 5] }, attributes: { axis } }),
  ),
  { kernel: 'Concat', inputs: { 0: [300, 40], 1: [300, 7] }, attributes: { axis: 1 } },
  { kernel: 'Concat', inputs: { 0: [300, 40] }, attributes: { axis: 1 } },
  { kernel: 'Slice', inputs: { x: [4, 5, 6, 7] }, attributes: { begin: [1, 2, 0, 3], size: [2, 3, 6, 2] } },
  { kernel: 'Slice', inputs: { x: [4, 5, 6, 7] }, attributes: { begin: [1, 0, 0, 0], size: [2, 5, 6, 7] } },
  { kernel: 'Slice', inputs: { x: [900, 64] }, attributes: { begin: [0, 32], size: [900, 32] } },
  { kernel: 'Slice', inputs: { x: [7] }, attributes: { begin: [2], size: [-1] } },
  ...transposes.map(([x, perm]): KernelCase => ({ kernel: 'Transpose', inputs: { x }, attributes: { perm } })),
  {
    kernel: 'PadV2',
    inputs: { x: [2, 3, 1, 5] },
    attributes: {
      paddings: [
        [0, 1],
        [2, 0],
        [1, 1],
        [0, 3],
      ],
      constantValue: -1.5,
    },
  },
  {
    kernel: 'PadV2',
    inputs: { x: [3, 1] },
    attributes: {
      paddings: [
        [0, 0],
        [1, 1],
      ],
      constantValue: 0,
    },
  },
  ...[false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) => {
      const shapes = (lead: number[], m: number, k: number, n: number): { a: number[]; b: number[] } => ({
        a: transposeA ? [...lead, k, m] : [...lead, m, k],
        b: transposeB ? [...lead, n, k] : [...lead, k, n],
      });
      const attributes = { transposeA, transposeB };
      return [
        { kernel: 'BatchMatMul', inputs: shapes([], 37, 19, 29), attributes },
        { kernel: 'BatchMatMul', inputs: shapes([], 1, 130, 3), attributes },
        { kernel: 'BatchMatMul', inputs: shapes([2, 3], 13, 7, 17), attributes },
        { kernel: 'BatchMatMul', inputs: { ...shapes([3], 5, 7, 6), b: transposeB ? [1, 6, 7] : [1, 7, 6] }, attributes },
        { kernel: 'BatchMatMul', inputs: { ...shapes([3], 5, 7, 6), a: transposeA ? [1, 7, 5] : [1, 5, 7] }, attributes },
      ] satisfies KernelCase[];
    }),
  ),
  ...['linear', 'relu', 'sigmoid', 'elu'].map(
    (activation): KernelCase => ({
      kernel: '_FusedMatMul',
      inputs: { a: [13, 7], b: [7, 9], bias: [9] },
      attributes: { transposeA: false, transposeB: false, activation },
    }),
  ),
  ...(
    [
      [[2, 7, 5, 3], [3, 3, 3, 5], 1, 'same'],
      [[2, 7, 6, 3], [3, 3, 3, 5], 2, 'same'],
      [[3, 8, 9, 4], [1, 1, 4, 17], 1, 'valid'],
      [[2, 9, 8, 2], [5, 3, 2, 3], 2, 'valid'],
      [[2, 9, 8, 2], [1, 1, 2, 3], 2, 'valid'],
      [[1, 6, 7, 2], [3, 3, 2, 3], 1, 2],
    ] as [number[], number[], number, unknown][]
  ).map(([x, filter, stride, pad]): KernelCase => ({ kernel: 'Conv2D', ...conv(x, filter, stride, pad) })),
  { kernel: 'Conv2D', ...conv([2, 9, 8, 2], [3, 3, 2, 3], 1, 'same', { dilations: [2, 2] }) },
  { kernel: 'Conv2D', ...conv([2, 9, 8, 2], [3, 3, 2, 3], 1, 'same', { strides: [2, 1] }) },
  ...['linear', 'relu'].map((activation): KernelCase => {
    const { inputs, attributes } = conv([2, 7, 5, 3], [3, 3, 3, 5], 1, 'same', { activation });
    return { kernel: 'FusedConv2D', inputs: { ...inputs, bias: [5] }, attributes: { ...attributes } };
  }),
  {
    kernel: 'Conv2DBackpropInput',
    inputs: { dy: [2, 4, 3, 5], filter: [3, 3, 2, 5] },
    attributes: { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', inputShape: [2, 7, 6, 2] },
  },
  {
    kernel: 'Conv2DBackpropFilter',
    inputs: { x: [2, 7, 6, 2], dy: [2, 4, 3, 5] },
    attributes: { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 5] },
  },
];

describe('a stock kernel gives what the cpu backend gives, with any number of threads the same bits', () => {
  for (const testCase of cases) {
    test(titleOf(testCase), async () => {
      const expected = await resultsOn('cpu', testCase);
      for (const { instructionSet, one, others } of await onEachSetting(() => resultsOn('native', testCase))) {
        for (const other of others) expectSameBits(other, one, instructionSet);
        expected.forEach(({ shape, values }, i) => {
          expect(one[i].shape).toEqual(shape);
          expectClose(one[i].values, values, 3e-6, 'float32 sums of at most 1000 terms, on the cpu backend too');
        });
      }
    });
  }
});

test('what takes the larger or the smaller keeps a NaN and knows infinities, on every instruction set', async () => {
  await useBackend('native');
  const special = [Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -2];
  const other = [1, Number.NaN, 3, 3, -3];
  // A vector of any width and some beyond it.
  const repeated = (values: readonly number[]): number[] => Array.from({ length: 35 }, (_, i) => values[i % values.length]);
  const expected: readonly (readonly [kernel: string, attributes: Record<string, unknown>, result: readonly number[]])[] = [
    ['Maximum', {}, [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 3, -2]],
    ['Minimum', {}, [Number.NaN, Number.NaN, 3, Number.NEGATIVE_INFINITY, -3]],
    ['Relu', {}, [Number.NaN, 1, Number.POSITIVE_INFINITY, 0, 0]],
    ['ClipByValue', { clipValueMin: -1, clipValueMax: 2 }, [Number.NaN, 1, 2, -1, -1]],
  ];
  for (const [kernel, attributes, result] of expected) {
    const settings = await onEachSetting(async () => {
      const [a, b] = [tensor(Float32Array.from(repeated(special)), [35]), tensor(Float32Array.from(repeated(other)), [35])];
      const [y] = [runMany(kernel, kernel.endsWith('imum') ? { a, b } : { x: a }, attributes)].flat();
      const values = await read(y);
      dispose([a, b, y]);
      return [...values];
    });
    for (const { instructionSet, one } of settings) expect(one, `${kernel} on ${instructionSet}`).toEqual(repeated(result));
  }
});

import type { Tensor } from '@tensorflow/tfjs-core';
import { combine } from '../../ops/combine.js';
import { pseudoHuberError, squaredError } from '../../ops/losses.js';
import { mean, sum } from '../../ops/reduce.js';
import { avgPool2x, upsample2x } from '../../ops/resample.js';
import { concat, pad, reshape, slice, transpose } from '../../ops/shape.js';
import { logSoftmax, softmax } from '../../ops/softmax.js';
import type { OperationCase } from '../operation-case.js';
import { at, build, map64, zip64 } from '../reference/array64.js';
import { concat64, pad64, reshape64, slice64, softmax64, sum64, transpose64 } from '../reference/basic.js';
import { avgPool64, upsample64 } from '../reference/network.js';

const exact = { tolerance: 1e-6, cause: 'values are only moved; the float32 slope is rounded' };

const reductions = (
  [
    [[5, 3, 7, 9], undefined],
    [
      [5, 3, 7, 9],
      [1, 2],
    ],
    [
      [1, 6, 5, 33],
      [0, 1, 2],
    ],
    [[2, 40, 33], [2]],
    [[2, 40, 33], [0]],
    [
      [2, 3, 4, 5],
      [1, 3],
    ],
    [[], undefined],
  ] as [number[], number[] | undefined][]
).flatMap(([shape, axes]) =>
  [false, true].flatMap((keepDims): OperationCase[] => {
    const over = axes ?? shape.map((_, i) => i);
    const count = over.reduce((product, axis) => product * shape[axis], 1);
    const label = `[${shape}] over ${axes === undefined ? 'all' : `[${axes}]`}${keepDims ? ', kept' : ''}`;
    const common = { inputs: [shape], tolerance: 2e-6, cause: `float32 sum of ${count} terms` };
    return [
      { ...common, name: `sum ${label}`, operation: ([x]) => sum(x, axes, keepDims), reference: ([x]) => sum64(x, over, keepDims) },
      {
        ...common,
        name: `mean ${label}`,
        operation: ([x]) => mean(x, axes, keepDims),
        reference: ([x]) => map64(sum64(x, over, keepDims), (v) => v / count),
      },
    ];
  }),
);

const transposes = (
  [
    [
      [5, 7],
      [1, 0],
    ],
    [
      [2, 3, 5, 7],
      [0, 2, 1, 3],
    ],
    [
      [2, 3, 5, 7],
      [0, 3, 1, 2],
    ],
    [
      [2, 3, 5, 7],
      [3, 1, 0, 2],
    ],
    [
      [1, 9, 33],
      [0, 2, 1],
    ],
  ] as [number[], number[]][]
).map(
  ([shape, order]): OperationCase => ({
    ...exact,
    name: `transpose [${shape}] to [${order}]`,
    inputs: [shape],
    operation: ([x]) => transpose(x, order),
    reference: ([x]) => transpose64(x, order),
  }),
);

const joins = (
  [
    [
      [
        [5, 3, 2, 9],
        [5, 3, 2, 33],
      ],
      3,
    ],
    [
      [
        [1, 3, 4],
        [1, 2, 4],
        [1, 1, 4],
      ],
      1,
    ],
    [
      [
        [2, 5],
        [3, 5],
      ],
      0,
    ],
    [[[2, 5]], 1],
  ] as [number[][], number][]
).map(
  ([shapes, axis]): OperationCase => ({
    ...exact,
    name: `concat ${shapes.map((shape) => `[${shape}]`).join(' ')} along ${axis}`,
    inputs: shapes,
    operation: (xs) => concat(xs, axis),
    reference: (xs) => concat64(xs, axis),
  }),
);

const cuts = (
  [
    [
      [5, 4, 3, 10],
      [1, 0, 2, 3],
      [3, 4, 1, 5],
    ],
    [
      [7, 33],
      [0, 16],
      [7, 17],
    ],
    [[9], [4], [5]],
  ] as [number[], number[], number[]][]
).map(
  ([shape, begin, size]): OperationCase => ({
    ...exact,
    name: `slice [${shape}] from [${begin}] size [${size}]`,
    inputs: [shape],
    operation: ([x]) => slice(x, begin, size),
    reference: ([x]) => slice64(x, begin, size),
  }),
);

const paddings: [number, number][] = [
  [0, 1],
  [1, 2],
  [2, 0],
  [0, 0],
];
const moves: OperationCase[] = [
  {
    ...exact,
    name: 'reshape',
    inputs: [[5, 6, 7]],
    operation: ([x]) => reshape(x, [7, -1, 3]),
    reference: ([x]) => reshape64(x, [7, 10, 3]),
  },
  {
    ...exact,
    name: 'pad',
    inputs: [[2, 3, 4, 5]],
    operation: ([x]) => pad(x, paddings, -0.5),
    reference: ([x]) => pad64(x, paddings, -0.5),
  },
];

const softmaxes = [
  [5, 10],
  [2, 3, 49],
  [1, 1],
  [2, 257],
].flatMap((shape): OperationCase[] => {
  const common = { inputs: [{ shape, values: { spread: 3 } }], tolerance: 3e-6, cause: 'float32 exp and sum over the row' };
  return [
    { ...common, name: `softmax [${shape}]`, operation: ([x]) => softmax(x), reference: ([x]) => softmax64(x) },
    { ...common, name: `logSoftmax [${shape}]`, operation: ([x]) => logSoftmax(x), reference: ([x]) => softmax64(x, true) },
  ];
});

const resamples = [
  [1, 1, 3, 5],
  [5, 3, 2, 7],
  [2, 7, 9, 33],
].map((shape): OperationCase => {
  return { ...exact, name: `upsample2x [${shape}]`, inputs: [shape], operation: ([x]) => upsample2x(x), reference: ([x]) => upsample64(x) };
});
const pools = [
  [1, 2, 6, 5],
  [5, 6, 4, 7],
  [2, 14, 10, 33],
].map((shape): OperationCase => {
  return { ...exact, name: `avgPool2x [${shape}]`, inputs: [shape], operation: ([x]) => avgPool2x(x), reference: ([x]) => avgPool64(x) };
});

const combinations = (
  [
    [
      [5, 3, 2, 3],
      [0.5, [1, -2, 0.25, 0, 3], 1],
    ],
    [
      [1, 7, 5, 1],
      [[1.5], -0.5],
    ],
    [[2, 33], [1]],
    [[7], [2, -1]],
    [
      [5, 101],
      [
        [1, 2, 3, 4, 5],
        [5, 4, 3, 2, 1],
      ],
    ],
  ] as [number[], (number | number[])[]][]
).map(
  ([shape, coefficients]): OperationCase => ({
    name: `combine ${coefficients.length} of [${shape}]`,
    inputs: coefficients.map(() => shape),
    operation: (xs) => combine(xs.map((x, i) => [coefficients[i], x])),
    reference: (xs) =>
      build(shape, (index) =>
        xs.reduce((total, x, i) => {
          const c = coefficients[i];
          return total + (typeof c === 'number' ? c : c[index[0]]) * at(x, index);
        }, 0),
      ),
    tolerance: 2e-6,
    cause: 'one float32 rounding a term',
  }),
);

const lossShapes: [number[], number[]][] = [
  [[1, 5, 7, 3], [0.7]],
  [
    [5, 7, 4, 1],
    [1, 0.5, 2, 0, 13],
  ],
  [
    [3, 700],
    [0.1, 0.2, 0.3],
  ],
];

const width = 0.3;
const huber = (squared: number) => 2 * width * (Math.sqrt(squared + width * width) - width);
const lossKinds = [
  { name: 'squaredError', operation: squaredError, ofDifference: (d: number) => d * d },
  {
    name: 'pseudoHuberError',
    operation: (x: Tensor, y: Tensor, weights: readonly number[]) => pseudoHuberError(x, y, weights, { width }),
    ofDifference: (d: number) => huber(d * d),
  },
];

const sampleLosses = lossShapes.map(
  ([shape, weights]): OperationCase => ({
    name: `pseudoHuberError over samples [${shape}]`,
    inputs: [shape, shape],
    operation: ([x, y]) => pseudoHuberError(x, y, weights, { width, over: 'samples' }),
    reference: ([x, y]) => {
      const squares = zip64(x, y, (a, b) => (a - b) ** 2);
      const size = squares.data.length / weights.length;
      const sizes = weights.map((_, b) => squares.data.slice(b * size, (b + 1) * size).reduce((total, square) => total + square, 0));
      return build([], () => sizes.reduce((total, squared, b) => total + weights[b] * huber(squared), 0));
    },
    tolerance: 3e-6,
    cause: 'float32 sum over a sample',
  }),
);

const losses = lossKinds.flatMap(({ name, operation, ofDifference }) =>
  lossShapes.map(
    ([shape, weights]): OperationCase => ({
      name: `${name} [${shape}]`,
      inputs: [shape, shape],
      operation: ([x, y]) => operation(x, y, weights),
      reference: ([x, y]) => {
        const errors = zip64(x, y, (a, b) => ofDifference(a - b));
        return sum64(build(shape, (index) => weights[index[0]] * at(errors, index)));
      },
      tolerance: 3e-6,
      cause: 'float32 sum over a sample',
    }),
  ),
);

export const shapeCases: readonly OperationCase[] = [
  ...reductions,
  ...transposes,
  ...joins,
  ...cuts,
  ...moves,
  ...softmaxes,
  ...resamples,
  ...pools,
  ...combinations,
  ...losses,
  ...sampleLosses,
];

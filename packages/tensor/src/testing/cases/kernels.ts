import { run } from '../../run.js';
import type { OperationCase } from '../operation-case.js';
import { map64, zip64 } from '../reference/array64.js';
import { sum64 } from '../reference/basic.js';

const values = { tolerance: 2e-6, cause: 'a few float32 roundings', differentiable: false };

/** Stock kernels that no operation of ours reaches by itself, but that other code on the same backend uses; values only. */
export const kernelCases: readonly OperationCase[] = [
  ...(
    [
      [
        [5, 3, 7],
        [5, 3, 7],
      ],
      [[5, 33], [33]],
      [[5, 3], []],
      [
        [5, 1, 3],
        [4, 1],
      ],
    ] as [number[], number[]][]
  ).map(
    ([a, b]): OperationCase => ({
      ...values,
      name: `Maximum [${a}] [${b}]`,
      inputs: [a, b],
      operation: ([x, y]) => run('Maximum', { a: x, b: y }),
      reference: ([x, y]) => zip64(x, y, Math.max),
    }),
  ),
  { ...values, name: 'Neg', inputs: [[5, 33]], operation: ([x]) => run('Neg', { x }), reference: ([x]) => map64(x, (v) => -v) },
  {
    ...values,
    name: 'Rsqrt',
    inputs: [{ shape: [5, 33], values: { offset: 3, spread: 0.5 } }],
    operation: ([x]) => run('Rsqrt', { x }),
    reference: ([x]) => map64(x, (v) => 1 / Math.sqrt(v)),
  },
  {
    ...values,
    name: 'Mean over [1]',
    inputs: [[5, 7, 33]],
    operation: ([x]) => run('Mean', { x }, { axis: [1], keepDims: false }),
    reference: ([x]) => map64(sum64(x, [1]), (v) => v / 7),
  },
];

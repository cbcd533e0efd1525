import { add, div, mul, scale, sub } from '../../ops/arithmetic.js';
import { clamp, exp, log, relu, sigmoid, silu, sqrt, square, tanh } from '../../ops/elementwise.js';
import type { OperationCase } from '../operation-case.js';
import { map64, zip64 } from '../reference/array64.js';

const show = (shapes: readonly (readonly number[])[]): string => shapes.map((shape) => `[${shape.join(',')}]`).join(' ');

// Same shape, last axis, scalar, per sample, inner axes, both sides at once, odd lengths.
const pairs: [number[], number[]][] = [
  [
    [5, 7, 3, 9],
    [5, 7, 3, 9],
  ],
  [[1, 4, 3, 33], [33]],
  [[2, 3, 5], []],
  [[], [2, 3, 5]],
  [
    [5, 3, 2, 7],
    [5, 1, 1, 1],
  ],
  [
    [5, 1, 1, 6],
    [5, 4, 3, 1],
  ],
  [[64], [3, 64]],
  [
    [3, 4],
    [3, 1],
  ],
];

const binary = [
  { name: 'add', operation: add, value: (a: number, b: number) => a + b },
  { name: 'sub', operation: sub, value: (a: number, b: number) => a - b },
  { name: 'mul', operation: mul, value: (a: number, b: number) => a * b },
  { name: 'div', operation: div, value: (a: number, b: number) => a / b },
];

const binaryCases = binary.flatMap(({ name, operation, value }) =>
  pairs.map(
    ([a, b]): OperationCase => ({
      name: `${name} ${show([a, b])}`,
      inputs: [a, { shape: b, values: { away: 0.3 } }],
      operation: ([x, y]) => operation(x, y),
      reference: ([x, y]) => zip64(x, y, value),
      tolerance: 2e-6,
      cause: 'a few float32 roundings, and a float32 sum over repeated axes in the gradient',
    }),
  ),
);

const logistic = (v: number): number => 1 / (1 + Math.exp(-v));

const unary = [
  { name: 'square', operation: square, value: (v: number) => v * v, values: {} },
  { name: 'sqrt', operation: sqrt, value: Math.sqrt, values: { offset: 3, spread: 0.5 } },
  { name: 'exp', operation: exp, value: Math.exp, values: { spread: 2 } },
  { name: 'log', operation: log, value: Math.log, values: { offset: 3, spread: 0.5 } },
  { name: 'sigmoid', operation: sigmoid, value: logistic, values: { spread: 3 } },
  { name: 'tanh', operation: tanh, value: Math.tanh, values: {} },
  { name: 'relu', operation: relu, value: (v: number) => Math.max(v, 0), values: { away: 0.01 } },
  { name: 'silu', operation: silu, value: (v: number) => v * logistic(v), values: { spread: 3 } },
  {
    name: 'clamp',
    operation: (x: Parameters<typeof clamp>[0]) => clamp(x, -0.5, 0.75),
    value: (v: number) => Math.min(Math.max(v, -0.5), 0.75),
    values: {},
  },
  { name: 'scale', operation: (x: Parameters<typeof scale>[0]) => scale(x, -1.7, 0.3), value: (v: number) => -1.7 * v + 0.3, values: {} },
  {
    name: 'scale without offset',
    operation: (x: Parameters<typeof scale>[0]) => scale(x, 0.125),
    value: (v: number) => 0.125 * v,
    values: {},
  },
];

const unaryCases = unary.flatMap(({ name, operation, value, values }) =>
  [[1], [5, 3, 7, 11], [1, 1000]].map(
    (shape): OperationCase => ({
      name: `${name} ${show([shape])}`,
      inputs: [{ shape, values }],
      operation: ([x]) => operation(x),
      reference: ([x]) => map64(x, value),
      tolerance: 2e-6,
      cause: 'a few float32 roundings; exp and tanh by polynomials',
    }),
  ),
);

export const elementwiseCases: readonly OperationCase[] = [...binaryCases, ...unaryCases];

import { expect, test } from 'vitest';
import type { Addon } from './addon.js';
import { callKernel, encode, runKernel } from './kernel-args.js';
import { kernels, rowsOf, structs } from './kernel-table.mjs';
import { loadAddon } from './load-addon.js';

const { addon } = loadAddon();
const three = (): Float32Array => Float32Array.of(1, 2, 3);

test('operands and numbers are laid out in the order of the table, absent ones included', () => {
  const sizes = { N: 1, H: 2, Wd: 3, Ci: 4, kh: 5, kw: 6, Co: 7, stride: 8, padTop: 9, padLeft: 10, Ho: 11, Wo: 12 };
  const args = { sizes, y: 'y', residual: 'r', bias: undefined, filter: 'f', x: 'x' };
  const show = (name: string): string => name.toUpperCase();
  const laidOut = encode('conv2d', args, { input: show, output: show, keeps: (filter) => filter === 'f' });
  expect(laidOut).toEqual({ operands: ['X', 'F', undefined, 'R', 'Y'], numbers: [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] });
});

test('the addon computes with what it is given by name', () => {
  const y = new Float32Array(3);
  runKernel(addon, 'scale', { offset: 1, factor: 10, y, x: three() });
  expect(y).toEqual(Float32Array.of(11, 21, 31));
});

test('arguments that are missing, of another kind or of another kernel are errors of the compiler', () => {
  const calls = (run: Addon): void => {
    // @ts-expect-error: y is missing
    runKernel(run, 'relu', { x: three() });
    // @ts-expect-error: relu has no factor
    runKernel(run, 'relu', { x: three(), y: three(), factor: 1 });
    // @ts-expect-error: the factor is a number
    runKernel(run, 'scale', { x: three(), y: three(), factor: true, offset: 0 });
    // @ts-expect-error: the matrix is float64
    runKernel(run, 'bidiagonalise', { matrix: three(), entries: new Float64Array(2), rows: 1, columns: 1 });
    // @ts-expect-error: one size of the convolution is missing
    runKernel(run, 'conv2dInputGrad', { dy: three(), filter: three(), dx: three(), sizes: { N: 1, H: 1, Wd: 1 } });
    // @ts-expect-error: there is no such kernel
    runKernel(run, 'relus', { x: three(), y: three() });
  };
  expect(calls).toBeInstanceOf(Function); // compiled, not called
});

test('a call of another form than the kernel takes is refused by the addon', () => {
  const refusal = 'relu: called with other arguments than it takes';
  expect(() => callKernel(addon, 'relu', [three()], [])).toThrow(refusal);
  expect(() => callKernel(addon, 'relu', [three(), three(), three()], [])).toThrow(refusal);
  expect(() => callKernel(addon, 'relu', [three(), three()], [1])).toThrow(refusal);
  expect(() => callKernel(addon, 'relu', [three(), undefined], [])).toThrow(refusal);
});

test('the table names each kernel once, and no arguments that no kernel takes', () => {
  const rows = Object.values(kernels).flatMap((set) => Object.entries(set));
  const names = rows.flatMap(([, listed]) => listed.split(' '));
  expect(new Set(names).size).toBe(names.length);
  const used = new Set(rows.map(([struct]) => struct));
  for (const struct of used) for (const [, kind] of rowsOf(structs[struct as keyof typeof structs])) if (kind in structs) used.add(kind);
  expect([...used].sort()).toEqual(Object.keys(structs).sort());
});

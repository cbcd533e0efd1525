import { conv2d, dispose, run, scale, sum, tensor, useBackend, valueAndGrad } from '@tract/tensor';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type KernelCall, observeKernels, registerNativeBackend } from './index.js';

const ones = (shape: number[]) => tensor(new Float32Array(shape.reduce((size, length) => size * length, 1)).fill(1), shape);

/** The calls that `work` makes. */
function callsOf(work: () => void): KernelCall[] {
  const calls: KernelCall[] = [];
  observeKernels((call) => calls.push(call));
  work();
  observeKernels(undefined);
  return calls;
}

beforeAll(async () => {
  registerNativeBackend({ threads: 1 });
  await useBackend('native');
});
afterEach(() => observeKernels(undefined));

describe('a listener to kernels', () => {
  test('hears names, shapes, plain arguments and milliseconds, in the order of the calls', () => {
    const [x, filter, bias] = [ones([2, 5, 4, 3]), ones([3, 3, 3, 8]), ones([8])];
    const calls = callsOf(() => dispose([conv2d(x, filter, { bias, stride: 2 }), scale(x, 2)]));
    expect(calls).toMatchObject([
      {
        kernel: 'TractConv2D',
        inputs: { x: [2, 5, 4, 3], filter: [3, 3, 3, 8], bias: [8] },
        outputs: [[2, 3, 2, 8]],
        attributes: { stride: 2, pad: 1 },
      },
      { kernel: 'TractScale', inputs: { x: [2, 5, 4, 3] }, outputs: [[2, 5, 4, 3]], attributes: { factor: 2, offset: 0 } },
    ]);
    for (const { milliseconds } of calls) expect(milliseconds).toBeGreaterThanOrEqual(0);
    dispose([x, filter, bias]);
  });

  test('hears of both gradients of a convolution', () => {
    const [x, filter] = [ones([1, 4, 4, 2]), ones([3, 3, 2, 2])];
    const calls = callsOf(() => dispose(valueAndGrad((p) => sum(conv2d(p.x, p.filter)), { x, filter })));
    const names = calls.map(({ kernel }) => kernel).filter((kernel) => kernel.startsWith('TractConv'));
    expect(names).toEqual(['TractConv2D', 'TractConv2DInputGrad', 'TractConv2DFilterGrad']);
    dispose([x, filter]);
  });

  test('hears of a kernel that has others do its work once', () => {
    // More than one matrix on the left broadcast against more than one on the right: the stock kernel does it.
    const [a, b] = [ones([2, 1, 2, 3]), ones([1, 2, 3, 2])];
    const calls = callsOf(() => dispose(run('BatchMatMul', { a, b }, { transposeA: false, transposeB: false })));
    expect(calls.map(({ kernel }) => kernel)).toEqual(['BatchMatMul']);
    dispose([a, b]);
  });

  test('hears nothing of a call that throws, and goes on', () => {
    const [a, b] = [ones([2, 3]), ones([4, 5])];
    const calls = callsOf(() => {
      expect(() => run('TractSiluGrad', { dy: a, x: b })).toThrow(RangeError);
      dispose(scale(a, 2));
    });
    expect(calls.map(({ kernel }) => kernel)).toEqual(['TractScale']);
    dispose([a, b]);
  });

  test('hears nothing once it is taken away', () => {
    const calls = callsOf(() => {});
    const x = ones([3]);
    dispose([scale(x, 2), x]);
    expect(calls).toEqual([]);
  });
});

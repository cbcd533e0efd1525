import { asStore, compiled, concat, conv2d, dispose, memory, read, silu, type Tensor, useBackend } from '@tract/tensor';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Addon } from './addon.js';
import { NativeBackend, registerNativeBackend } from './index.js';
import { kernelIndex } from './kernel-args.js';
import { loadAddon } from './load-addon.js';
import { expectSameBits, manyThreads, onEachSetting, wave } from './testing/kernel-case.js';

type Params = { readonly w: Tensor; readonly pointwise: Tensor };

/** Two kinds of convolution, of which the first keeps what it makes of the filter once it knows it. */
function network({ w, pointwise }: Params, [x, y]: readonly Tensor[]): Tensor {
  const h = silu(conv2d(x, w, { residual: y }));
  const result = conv2d(concat([h, y], 3), pointwise);
  dispose(h);
  return result;
}

const make = (): Params => asStore({ w: wave([3, 3, 32, 32], 1), pointwise: wave([1, 1, 64, 16], 2) });

describe('rows in chunks', () => {
  const replay = vi.spyOn(NativeBackend.prototype, 'replay');
  beforeAll(() => registerNativeBackend({ threads: 2 }));
  afterAll(() => replay.mockRestore());

  test('have the bits that they have together, on any number of threads, and leave nothing behind', async () => {
    const results = await onEachSetting(async () => {
      await useBackend('native');
      const fn = compiled(network, { byRow: true });
      const params = make();
      const values: Float32Array[] = [];
      for (const rows of [1, 2, 3, 8, 19, 33]) {
        const inputs = [wave([rows, 10, 6, 32], rows), wave([rows, 10, 6, 32], -rows)];
        const expected = network(params, inputs);
        values.push(await read(expected));
        const before = memory();
        for (const call of [1, 2, 3, 4]) {
          const found = fn(params, inputs);
          expect(found.shape).toEqual(expected.shape);
          expectSameBits([{ shape: [], values: await read(found) }], [{ shape: [], values: values.at(-1)! }], `${rows} rows, call ${call}`);
          dispose(found);
        }
        expect(memory()).toEqual(before);
        dispose([inputs, expected]);
      }
      dispose(params);
      return values;
    }, manyThreads);
    for (const { instructionSet, one, others } of results) {
      for (const other of others) {
        for (const [i, values] of other.entries()) expectSameBits([{ shape: [], values }], [{ shape: [], values: one[i] }], instructionSet);
      }
    }
  });

  test('run concurrently where each thread gets some, one after the other where the parameters are far larger', async () => {
    registerNativeBackend({ threads: 2 });
    await useBackend('native');
    const times = (fn: (params: Params, inputs: readonly Tensor[]) => Tensor, rows: number, size: number): number => {
      const params = make();
      const inputs = [wave([rows, size, size, 32], 0), wave([rows, size, size, 32], 1)];
      replay.mockClear();
      for (let call = 0; call < 4; call++) dispose(fn(params, inputs));
      dispose([params, inputs]);
      return replay.mock.calls.filter(([, arenas]) => arenas.length > 1).length;
    };
    expect(times(compiled(network, { byRow: true }), 8, 10)).toBe(4);
    expect(times(compiled(network, { byRow: true }), 1, 10)).toBe(0);
    expect(times(compiled(network, { byRow: true }), 2, 2)).toBe(0);
    expect(times(compiled(network), 8, 10)).toBe(0);
  });
});

describe('a list of launches, run for chunks by the addon', () => {
  const addon: Addon = loadAddon().addon;
  const silus = Float64Array.of(kernelIndex('silu'), 2, 0, 0, 0, 4, 1, 0, 4);
  const arenas = [new Float32Array(1), new Float32Array(1)];

  test('steps through its spaces, whether or not the chunks can be dealt out evenly', () => {
    for (const chunks of [1, 2, 3, 4, 7]) {
      const [x, y] = [Float32Array.from({ length: 4 * chunks }, (_, i) => i - 8), new Float32Array(4 * chunks)];
      addon.replay(silus, arenas, [x, y], Float64Array.of(4, 4), chunks);
      for (const [i, value] of y.entries()) expect(value).toBeCloseTo(x[i] / (1 + Math.exp(-x[i])), 5);
    }
  });

  test('reports what fails in any of them, on any thread', () => {
    const [x, y] = [new Float32Array(16), new Float32Array(8)];
    for (const chunks of [3, 4]) {
      expect(() => addon.replay(silus, arenas, [x, y], Float64Array.of(4, 4), chunks)).toThrow('silu: operand 1 is too small');
    }
    expect(() => addon.replay(silus, arenas, [x, y], Float64Array.of(4), 2)).toThrow('a step for each space');
    expect(() => addon.replay(silus, [], [x, y])).toThrow('expected a list of kernels, their arenas');
  });
});

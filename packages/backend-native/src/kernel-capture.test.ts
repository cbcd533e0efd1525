import {
  captured,
  concat,
  conv2d,
  dispose,
  exp,
  memory,
  mul,
  read,
  run,
  scale,
  silu,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  zeros,
} from '@tract/tensor';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { NativeBackend, observeKernels, registerNativeBackend } from './index.js';
import { expectSameBits, wave } from './testing/kernel-case.js';

beforeAll(async () => {
  registerNativeBackend({ threads: 2 });
  await useBackend('native');
});

const replay = vi.spyOn(NativeBackend.prototype, 'replay');
afterEach(() => replay.mockClear());

type Pure = (params: { readonly w: Tensor }, inputs: readonly Tensor[]) => Tensor;

/** Results of both for three filters and three inputs, of one and of two images. */
async function expectSame(fn: Pure, replays: number): Promise<void> {
  const other = captured(fn);
  for (const images of [1, 2]) {
    for (const phase of [0, 1, 2]) {
      const params = { w: wave([3, 3, 8, 8], phase) };
      const x = wave([images, 6, 6, 8], 7 + phase);
      const [expected, found] = [fn(params, [x]), other(params, [x])];
      expect(await read(found)).toEqual(await read(expected));
      dispose([params, x, expected, found]);
    }
  }
  expect(replay).toHaveBeenCalledTimes(replays);
}

const network: Pure = ({ w }, [x]) => {
  const h = silu(conv2d(x, w));
  const y = concat([conv2d(h, w, { residual: x }), h], 3);
  dispose(h);
  return y;
};

describe('a captured function', () => {
  test('is replayed from the second call with tensors of the same shapes on', () => expectSame(network, 2 * 2));

  test('is left as it is where it uses numbers or tensors of its own', async () => {
    const own = wave([1, 6, 6, 8], 3);
    await expectSame((_, [x]) => scale(mul(x, own), 2), 0);
    await expectSame((_, [x]) => mul(x, tensor([2], [1])), 0);
    await expectSame((_, [x]) => mul(x, zeros([1])), 0);
    dispose(own);
  });

  test('is left as it is where kernels of other backends have a part in it', async () => {
    await expectSame((_, [x]) => run('Sin', { x }), 0);
    await expectSame((_, [x]) => scale(run('Sin', { x: scale(x, 2) }), 2), 0);
  });

  test('is left as it is where its result is no tensor of its own', () => expectSame((_, [x]) => run('Identity', { x }), 0));

  test('does not take one tensor in two places for two', async () => {
    const product = captured(({ w }: { readonly w: Tensor }, [x]) => mul(w, x));
    const [a, b] = [wave([4], 0), wave([4], 1)];
    for (const x of [a, b, b]) {
      const [expected, found] = [mul(a, x), product({ w: a }, [x])];
      expect(await read(found)).toEqual(await read(expected));
      dispose([expected, found]);
    }
    dispose([a, b]);
  });

  test('knows parameters by name, in whatever order they come', async () => {
    const fn = captured((p: { readonly a: Tensor; readonly b: Tensor }, [x]) => conv2d(conv2d(x, p.a), p.b));
    const [a, b, x] = [wave([3, 3, 8, 8], 0), wave([3, 3, 8, 8], 1), wave([1, 6, 6, 8], 2)];
    const results = [fn({ a, b }, [x]), fn({ b, a }, [x]), fn({ b, a, more: x } as { a: Tensor; b: Tensor }, [x])];
    expect(replay).toHaveBeenCalledTimes(1); // the third is of another form
    const [first, ...others] = await Promise.all(results.map(read));
    expect(others).toEqual([first, first]);
    dispose([a, b, x, results]);
  });

  test('runs kernel by kernel for who watches them', () => {
    const fn = captured(network);
    const [params, x] = [{ w: wave([3, 3, 8, 8], 0) }, wave([1, 6, 6, 8], 0)];
    dispose([fn(params, [x]), fn(params, [x])]);
    const seen: string[] = [];
    observeKernels(({ kernel }) => seen.push(kernel));
    dispose(fn(params, [x]));
    observeKernels(undefined);
    expect(seen).toEqual(['TractConv2D', 'TractSilu', 'TractConv2D', 'Concat']);
    expect(replay).toHaveBeenCalledTimes(1);
    dispose([params, x]);
  });

  test('goes through a large batch in pieces where rows do not depend on each other', async () => {
    const fn = captured(network, { byRow: true });
    const params = { w: wave([3, 3, 64, 64], 0) };
    registerNativeBackend({ threads: 1 });
    for (const phase of [0, 1, 2]) {
      const x = wave([20, 64, 64, 64], phase);
      const [expected, found] = [network(params, [x]), fn(params, [x])];
      const results = await Promise.all([found, expected].map(async (y) => ({ shape: y.shape, values: await read(y) })));
      expectSameBits([results[0]], [results[1]], `call ${phase}`);
      dispose([x, expected, found]);
    }
    expect(replay).toHaveBeenCalledTimes(2 * 2); // 16 and 4 rows, captured in the first call
    registerNativeBackend({ threads: 2 });
    dispose(params);
  });

  test('makes its gradient by replay too, and frees what it holds when none is asked for', async () => {
    const fn = captured(network);
    const [params, x] = [{ w: wave([3, 3, 8, 8], 0) }, wave([1, 6, 6, 8], 0)];
    const before = memory();
    const lost = () =>
      valueAndGrad((p) => {
        dispose(fn(p, [x]));
        throw new Error('no loss today');
      }, params);
    const loss = (f: Pure) => valueAndGrad((p) => sum(exp(f(p, [x]))), params);
    expect(lost).toThrow('no loss today'); // its forward pass would have been captured
    const expected = loss(network);
    const found = [loss(fn), loss(fn), loss(fn)];
    expect(replay).toHaveBeenCalledTimes(2 * 2);
    expect(lost).toThrow('no loss today');
    for (const { value, grads } of found) {
      expect(await read(value)).toEqual(await read(expected.value));
      expect(await read(grads.w)).toEqual(await read(expected.grads.w));
    }
    dispose([expected, found]);
    expect(memory()).toEqual(before);
    dispose([params, x]);
  });
});

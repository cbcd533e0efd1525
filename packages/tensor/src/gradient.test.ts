import '@tensorflow/tfjs-backend-cpu';
import { engine } from '@tract/tensor/core';
import { beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  add,
  conv2d,
  dispose,
  fill,
  keep,
  maxPool,
  memory,
  mul,
  read,
  readScalar,
  relu,
  reshape,
  scale,
  scope,
  silu,
  square,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  vjp,
  zeros,
} from './index.js';
import { checkGradient, randomValues } from './testing/index.js';

beforeAll(() => useBackend('cpu'));

const random = (seed: number, shape: number[]): Tensor => tensor(Float32Array.from(randomValues(seed, shape).data), shape);

/** Names of the kernels that `fn` runs, the most bytes alive meanwhile, and its result. */
async function profiled<R>(fn: () => R): Promise<{ kernels: string[]; peakBytes: number; result: R }> {
  let result: R | undefined;
  const profile = await engine().profile(() => {
    result = fn();
    return [];
  });
  return { kernels: profile.kernels.map(({ name }) => name), peakBytes: profile.peakBytes, result: result as R };
}

describe('valueAndGrad', () => {
  test('leaves exactly the value and the gradients', async () => {
    const params = { a: tensor([1, 2, 3], [3]), deep: [{ b: tensor([4], []) }] };
    const before = memory();
    const { value, grads } = valueAndGrad((p) => sum(mul(square(p.a), p.deep[0].b)), params);
    expectTypeOf(grads).toEqualTypeOf(params);
    expect(memory().tensors).toBe(before.tensors + 3);
    expect(await readScalar(value)).toBe(56);
    expect(await read(grads.a)).toEqual(Float32Array.of(8, 16, 24));
    expect(await readScalar(grads.deep[0].b)).toBe(14);
    dispose([value, grads]);
    expect(memory()).toEqual(before);
    dispose(params);
  });

  test('adds to gradients that it is given, which need no second set', async () => {
    const params = { used: random(1, [5, 3]), unused: random(2, [4]) };
    const loss = ({ used }: typeof params) => sum(square(used));
    const before = memory();
    const first = valueAndGrad(loss, params);
    first.grads.unused.dispose();
    const second = valueAndGrad(loss, params, { addTo: { ...first.grads, unused: tensor([1, 2, 3, 4], [4]) } });
    expect(memory().tensors).toBe(before.tensors + 4); // two losses, one set of gradients
    expect(await read(second.grads.used)).toEqual((await read(params.used)).map((x) => 4 * x));
    expect(await read(second.grads.unused)).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(() => valueAndGrad(loss, params, { addTo: { used: zeros([3, 5]), unused: zeros([4]) } })).toThrow(
      "addTo must have the shapes of the parameters, got [3,5] for 'used' [5,3]",
    );
    dispose([first.value, second]);
  });

  test('adds up the gradients of a tensor that is used several times', async () => {
    const params = { x: tensor([3], []) };
    const { value, grads } = valueAndGrad(({ x }) => add(mul(x, square(x)), add(x, x)), params);
    expect(await readScalar(value)).toBe(33);
    expect(await readScalar(grads.x)).toBe(29);
    dispose([params, value, grads]);
  });

  test('gives two parameters with one gradient a tensor each', async () => {
    const params = { a: tensor([1], []), b: tensor([2], []) };
    const { value, grads } = valueAndGrad(({ a, b }) => add(a, b), params);
    expect(grads.a).not.toBe(grads.b);
    dispose(grads.a);
    expect(await readScalar(grads.b)).toBe(1);
    dispose([params, value, grads]);
  });

  test('a loss that is a parameter itself has a value of its own', async () => {
    const params = { x: tensor([3], []) };
    const { value, grads } = valueAndGrad(({ x }) => x, params);
    dispose(params);
    expect([await readScalar(value), await readScalar(grads.x)]).toEqual([3, 1]);
    dispose([value, grads]);
  });

  test('a parameter that is not used gets zeros', async () => {
    const params = { used: tensor([3], []), unused: tensor([1, 2], [2]) };
    const { value, grads } = valueAndGrad(({ used }) => square(used), params);
    expect(await read(grads.unused)).toEqual(Float32Array.of(0, 0));
    dispose([params, value, grads]);
  });

  test('may run inside a scope, which then frees what is not returned', async () => {
    const params = { x: tensor([3], []) };
    const before = memory();
    const grad = scope(() => valueAndGrad(({ x }) => square(x), params).grads.x);
    expect(memory().tensors).toBe(before.tensors + 1);
    expect(await readScalar(grad)).toBe(6);
    dispose([grad, params]);
  });
});

describe('memory of a recording', () => {
  test('an inner scope frees what the reverse pass does not need, and only that', async () => {
    const params = { x: tensor([2], []) };
    const seen: Tensor[] = [];
    const { value, grads } = valueAndGrad(({ x }) => {
      const y = scope(() => {
        const doubled = scale(x, 2);
        const moved = add(doubled, x);
        seen.push(doubled, moved);
        return square(moved);
      });
      // scale and add save nothing; square saves its input.
      expect(seen.map((t) => t.isDisposed)).toEqual([true, false]);
      return y;
    }, params);
    expect(seen.map((t) => t.isDisposed)).toEqual([true, true]);
    expect([await readScalar(value), await readScalar(grads.x)]).toEqual([36, 36]);
    dispose([params, value, grads]);
  });

  test('a tensor kept inside outlives the recording; one disposed inside is freed when the reverse pass is done', async () => {
    const params = { x: tensor([2], []) };
    const before = memory();
    const kept: Tensor[] = [];
    const { value, grads } = valueAndGrad(({ x }) => {
      kept.push(keep(scale(x, 3)), scale(x, 6));
      const gone = scale(x, 1);
      const y = add(square(kept[0]), add(square(kept[1]), square(gone)));
      keep(kept[1]);
      dispose(gone);
      return y;
    }, params);
    expect(memory().tensors).toBe(before.tensors + 4);
    expect([await readScalar(value), await readScalar(kept[0]), await readScalar(kept[1]), await readScalar(grads.x)]).toEqual([
      184, 6, 12, 184,
    ]);
    dispose([value, grads, kept]);
    expect(memory()).toEqual(before);
    dispose(params);
  });

  test('the reverse pass frees as it goes: its peak is that of the forward pass and two gradients', async () => {
    const bytes = 4096;
    const depth = 30;
    const params = { x: random(1, [bytes / 4]) };
    const { peakBytes, result } = await profiled(() =>
      valueAndGrad(({ x }) => {
        let y = x;
        for (let i = 0; i < depth; i++) y = silu(y);
        return sum(y);
      }, params),
    );
    // x and 30 outputs; the composed gradient of silu adds five temporaries of its own.
    expect(peakBytes).toBeLessThan((1 + depth + 2 + 5) * bytes);
    dispose([params, result]);
  });

  test('the partial sums of a gradient are freed one by one', async () => {
    const bytes = 4096;
    const params = { x: random(1, [bytes / 4]) };
    const { peakBytes, result } = await profiled(() =>
      valueAndGrad(({ x }) => {
        let total = scale(x, 1);
        for (let i = 0; i < 30; i++) {
          const before = total;
          total = scope(() => add(before, scale(x, i)));
          dispose(before);
        }
        return sum(total);
      }, params),
    );
    // x, the gradient of the running total, that of one term, and the sum so far before and after.
    expect(peakBytes).toBeLessThan(6 * bytes);
    dispose([params, result]);
  });

  test('nothing is saved or computed for what does not descend from the parameters', async () => {
    const x = random(1, [1, 5, 4, 3]);
    const filter = random(2, [3, 3, 3, 2]);
    const bias = random(3, [2]);
    const gradientKernels = async <P extends Record<string, Tensor>>(params: P, loss: (p: P) => Tensor): Promise<string[]> => {
      const { kernels, result } = await profiled(() => valueAndGrad(loss, params));
      dispose(result);
      return kernels.filter((name) => /^TractConv2D.+Grad$/.test(name));
    };
    expect(await gradientKernels({ filter }, (p) => sum(conv2d(x, p.filter, { bias })))).toEqual(['TractConv2DFilterGrad']);
    expect(await gradientKernels({ x }, (p) => sum(conv2d(p.x, filter, { bias })))).toEqual(['TractConv2DInputGrad']);
    expect(await gradientKernels({ bias }, (p) => sum(add(conv2d(x, filter), p.bias)))).toEqual([]);
    dispose([x, filter, bias]);
  });

  test('an error in the loss leaves nothing alive and nothing recording', () => {
    const params = { x: tensor([1, 2], [2]) };
    const before = memory();
    const failing = (): unknown =>
      valueAndGrad(({ x }) => {
        square(square(x));
        throw new Error('on purpose');
      }, params);
    expect(failing).toThrow('on purpose');
    expect(() => valueAndGrad(({ x }) => square(x), params)).toThrow(/the loss must be a scalar, got shape \[2\]/);
    expect(memory()).toEqual(before);
    const { value, grads } = valueAndGrad(({ x }) => sum(x), params);
    dispose([value, grads]);
    expect(memory()).toEqual(before);
    dispose(params);
  });
});

describe('vjp', () => {
  test('weighs the outputs by dy, which stays the caller’s', async () => {
    const x = tensor([1, 2, 3], [3]);
    const dy = tensor([1, 0, -1], [3]);
    const { value, grads } = vjp(({ x }) => square(x), { x }, dy);
    expect(await read(grads.x)).toEqual(Float32Array.of(2, 0, -6));
    expect(await read(value)).toEqual(Float32Array.of(1, 4, 9));
    const same = vjp(({ x }) => reshape(scale(x, 1), [3]), { x }, dy);
    dispose(same);
    expect(await read(dy)).toEqual(Float32Array.of(1, 0, -1));
    dispose([x, dy, value, grads]);
  });
});

test('the gradient of a convolution with relu is that of the two operations', async () => {
  const given = { x: random(1, [2, 5, 6, 3]), filter: random(2, [3, 3, 3, 4]), bias: random(3, [4]) };
  const dy = random(4, [2, 5, 6, 4]);
  const together = vjp(({ x, filter, bias }: typeof given) => conv2d(x, filter, { bias, relu: true }), given, dy);
  const apart = vjp(({ x, filter, bias }: typeof given) => relu(conv2d(x, filter, { bias })), given, dy);
  for (const name of ['x', 'filter', 'bias'] as const) expect(await read(together.grads[name])).toEqual(await read(apart.grads[name]));
  const plain = conv2d(given.x, given.filter, { bias: given.bias, relu: true });
  expect(await read(plain)).toEqual(await read(together.value));
  dispose([given, dy, together, apart, plain]);
});

describe('what cannot be differentiated is refused', () => {
  test('a pool in windows', () => {
    const x = random(1, [1, 4, 4, 2]);
    expect(() => valueAndGrad((p: { x: Tensor }) => sum(maxPool(p.x, { size: 2 })), { x })).toThrow('maxPool: has no gradient yet');
    dispose(x);
  });

  const params = () => ({ x: tensor([1, 2], [2]) });
  test('a constant', () => {
    const p = params();
    expect(() => valueAndGrad(() => fill([], 1), p)).toThrow(/does not depend on any of the inputs/);
    dispose(p);
  });
  test('a promise', () => {
    const p = params();
    const loss = (async ({ x }: { x: Tensor }) => sum(x)) as unknown as (p: { x: Tensor }) => Tensor;
    expect(() => valueAndGrad(loss, p)).toThrow(/one tensor, synchronously/);
    dispose(p);
  });
  test('a gradient of a gradient', () => {
    const p = params();
    expect(() => valueAndGrad((q) => valueAndGrad(({ x }) => sum(x), q).value, p)).toThrow(/no second derivatives/);
    dispose(p);
  });
  test('one tensor in two places', () => {
    const x = zeros([]);
    expect(() => valueAndGrad(({ a, b }) => add(a, b), { a: x, b: x })).toThrow(/stands in two places/);
    dispose(x);
  });
  test('a dy of another shape', () => {
    const p = params();
    const dy = zeros([3]);
    expect(() => vjp(({ x }) => square(x), p, dy)).toThrow(/dy must have the value's shape \[2\], got \[3\]/);
    dispose([p, dy]);
  });
});

test('checkGradient accepts a right gradient and refuses a wrong one', async () => {
  const params = { x: random(4, [3, 5]) };
  await checkGradient(({ x }) => sum(silu(x)), params);
  // The value moves with x + x, the recorded gradient only with one of them.
  const blind = (x: Tensor): Tensor => tensor((engine().readSync(x.dataId) as Float32Array).slice(), x.shape);
  await expect(checkGradient(({ x }) => sum(add(x, blind(x))), params)).rejects.toThrow(/slope/);
  dispose(params);
});

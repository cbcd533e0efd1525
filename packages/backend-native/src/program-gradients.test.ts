import {
  adam,
  asStore,
  compiled,
  conv2d,
  copyTree,
  dispose,
  exp,
  memory,
  read,
  reusable,
  run,
  scale,
  square,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  vjp,
  zerosLike,
} from '@tract/tensor';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { NativeBackend, registerNativeBackend } from './index.js';
import { wave } from './testing/kernel-case.js';
import { type Fn, images, network, type Params, weights } from './testing/program-network.js';

beforeAll(async () => {
  registerNativeBackend({ threads: 2 });
  await useBackend('native');
});

const replay = vi.spyOn(NativeBackend.prototype, 'replay');
afterEach(() => replay.mockClear());

const lossOf =
  (fn: Fn, x: Tensor) =>
  (params: Params): Tensor =>
    sum(exp(scale(fn(params, [x]), 0.1)));

describe('gradients of a compiled function', () => {
  test('have the same bits, and what it holds is freed when none is asked for', async () => {
    const fn = compiled(network);
    const [params, x] = [weights(0), images(0)];
    const before = memory();
    const lost = () =>
      valueAndGrad((p) => {
        dispose(fn(p, [x]));
        throw new Error('no loss today');
      }, params);
    expect(lost).toThrow('no loss today');
    const expected = valueAndGrad(lossOf(network, x), params);
    replay.mockClear();
    const found = [1, 2, 3].map(() => valueAndGrad(lossOf(fn, x), params));
    expect(replay).toHaveBeenCalledTimes(3 * 2);
    for (const { value, grads } of found) {
      expect(await read(value)).toEqual(await read(expected.value));
      expect(await read(grads.w)).toEqual(await read(expected.grads.w));
    }
    dispose([expected, found]);
    expect(memory()).toEqual(before);
    dispose([params, x]);
  });

  test('by its inputs, alone and beside those of the parameters, are as those of the operations', async () => {
    const fn = compiled(network);
    const [params, x, frozen] = [weights(0), images(0), weights(1)];
    const dy = wave([1, 6, 6, 16], 5);
    const both = (f: Fn) => vjp(({ p, at }: { readonly p: Params; readonly at: Tensor }) => f(p, [at]), { p: params, at: x }, dy);
    const inputOnly = (f: Fn) => vjp(({ at }: { readonly at: Tensor }) => f(frozen, [at]), { at: x }, dy);
    for (let call = 0; call < 3; call++) {
      const [expected, found] = [[both(network), inputOnly(network)] as const, [both(fn), inputOnly(fn)] as const];
      expect(await read(found[0].grads.p.w)).toEqual(await read(expected[0].grads.p.w));
      for (const i of [0, 1]) expect(await read(found[i].grads.at)).toEqual(await read(expected[i].grads.at));
      dispose([expected, found]);
    }
    dispose([params, x, frozen, dy]);
  });

  test('by parameters that the loss uses elsewhere too are whole, also written over others', async () => {
    const fn = compiled(network);
    const params = weights(0);
    const x = images(1);
    const loss =
      (f: Fn) =>
      (p: Params): Tensor =>
        sum(square(conv2d(conv2d(f(p, [conv2d(x, p.w)]), wave([1, 1, 16, 8], 2)), p.w)));
    const plain = { w: wave([3, 3, 8, 8], 0) };
    const expected = valueAndGrad(loss(network), plain);
    const values = await read(expected.grads.w);
    const largest = Math.max(...values.map(Math.abs));
    let reuse: Params | undefined;
    for (let i = 0; i < 4; i++) {
      const { value, grads } = valueAndGrad(loss(fn), params, { reuse });
      const furthest = (await read(grads.w)).reduce((most, found, at) => Math.max(most, Math.abs(found - values[at])), 0);
      expect(furthest / largest).toBeLessThan(1e-5); // sums of three gradients in another order
      reuse = reusable(grads);
      dispose(value);
    }
    dispose([reuse, expected, params, plain, x]);
  });

  test('are written over those of the step before, but not where somebody looks at them', async () => {
    const fn = compiled(network);
    const params = weights(0);
    const before = memory();
    let reuse: Params | undefined;
    let copy: Tensor | undefined;
    let then: Float32Array | undefined;
    const trees: Params[] = [];
    for (const phase of [1, 2, 3, 4, 5]) {
      const x = images(phase);
      const { value, grads } = valueAndGrad(lossOf(fn, x), params, { reuse });
      const expected = valueAndGrad(lossOf(network, x), params);
      expect(await read(grads.w)).toEqual(await read(expected.grads.w));
      if (phase === 3) [copy, then] = [run('Identity', { x: grads.w }), await read(grads.w)];
      trees.push(grads);
      reuse = reusable(grads);
      dispose([x, value, expected]);
    }
    expect(trees.map((tree) => trees.indexOf(tree))).toEqual([0, 0, 0, 3, 3]);
    expect(await read(copy!)).toEqual(then);
    dispose([reuse, copy]);
    expect(memory()).toEqual(before);
    dispose(params);
  });

  test("are refused other parameters' buffers, and are added to those that they belong to", async () => {
    const fn = compiled(network);
    const [params, x] = [weights(0), images(0)];
    const others = asStore({ w: wave([3, 3, 8, 4], 0) });
    const loss = lossOf(fn, x);
    expect(() => valueAndGrad(loss, params, { reuse: others })).toThrow(/addTo and reuse must have the form of the parameters/);
    const once = valueAndGrad(loss, params);
    const twice = valueAndGrad(loss, params, { addTo: copyTree(once.grads) });
    expect(await read(twice.grads.w)).toEqual((await read(once.grads.w)).map((g) => 2 * g));
    dispose([params, x, others, once, twice]);
  });

  test('that served as a filter are not taken for what they were', async () => {
    const fn = compiled(network);
    const [params, x] = [weights(0), images(9)];
    let reuse: Params | undefined;
    for (const phase of [1, 2, 3, 4]) {
      const at = images(phase);
      const { value, grads } = valueAndGrad(lossOf(fn, at), params, { reuse });
      const fresh = tensor(await read(grads.w), [3, 3, 8, 8]);
      for (let use = 0; use < 3; use++) {
        const [found, expected] = [conv2d(x, grads.w), conv2d(x, fresh)];
        expect(await read(found)).toEqual(await read(expected));
        dispose([found, expected]);
      }
      reuse = reusable(grads);
      dispose([value, fresh, at]);
    }
    dispose([reuse, params, x]);
  });

  test('train to the same bits as operation by operation', async () => {
    const train = async (f: Fn) => {
      let state = { params: weights(0), m: zerosLike(weights(0)), v: zerosLike(weights(0)), averages: [weights(0)] as readonly Params[] };
      let reuse: Params | undefined;
      for (let step = 1; step <= 5; step++) {
        const x = images(step, 1 + (step % 2));
        const { value, grads } = valueAndGrad(lossOf(f, x), state.params, { reuse });
        const updated = adam(state, grads, { learningRate: 0.01, step, clipNorm: 1, averageRates: [0.1] });
        state = updated.state as typeof state;
        reuse = reusable(grads);
        dispose([x, value, updated.gradNorm]);
      }
      const values = await Promise.all([state.params.w, state.m.w, state.v.w, state.averages[0].w].map(read));
      dispose([state, reuse]);
      return values;
    };
    expect(await train(compiled(network))).toEqual(await train(network));
  });
});

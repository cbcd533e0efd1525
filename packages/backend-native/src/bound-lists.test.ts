import { engine, getKernel, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import {
  adamEma,
  captured,
  conv2d,
  dispose,
  exp,
  memory,
  mul,
  read,
  run,
  silu,
  spare,
  square,
  sum,
  type Tensor,
  tensor,
  useBackend,
  type ValueAndGrads,
  valueAndGrad,
  zeros,
} from '@tract/tensor';
import { beforeAll, expect, test, vi } from 'vitest';
import { BoundLists } from './bound-lists.js';
import { registerNativeBackend } from './index.js';
import { wave } from './testing/kernel-case.js';

beforeAll(async () => {
  registerNativeBackend({ threads: 2 });
  await useBackend('native');
});

type Params = { readonly w: Tensor };
const shape = [3, 3, 32, 32];

const weights = (phase: number): Tensor => wave(shape, phase, 0.03);
const images = (phase: number): Tensor => wave([1, 8, 8, 32], phase);

const network = ({ w }: Params, [x]: readonly Tensor[]): Tensor => conv2d(silu(conv2d(x, w)), w);
const replayed = captured(network);
const lossOf =
  (fn: typeof network, x: Tensor) =>
  (params: Params): Tensor =>
    sum(exp(fn(params, [x])));

/** Other tensors that look into the memory of one: the second is made from the stock backend's view of it. */
const lookers: readonly [string, (x: Tensor) => Tensor][] = [
  ['another reference', (x) => run('Identity', { x })],
  [
    'a view',
    (x) => {
      const attrs = { begin: [0, 0, 0, 0], size: x.shape } as unknown as NamedAttrMap;
      const view = getKernel('Slice', 'cpu').kernelFunc({ inputs: { x }, attrs, backend: engine().backend });
      return engine().makeTensorFromTensorInfo(view as TensorInfo);
    },
  ],
];

/** As many gradients by the same parameters as inputs, each written over the one before; `between` sees them while they are valid. */
async function inTurn(params: Params, xs: readonly Tensor[], between: (grads: Params, i: number) => Promise<void>): Promise<Params[]> {
  const trees: Params[] = [];
  const own = captured(network); // replayed from the second call on
  let into: Params | undefined;
  for (const [i, x] of xs.entries()) {
    const { value, grads }: ValueAndGrads<Params> = valueAndGrad(lossOf(own, x), params, { into });
    const expected = valueAndGrad(lossOf(network, x), params);
    expect(await read(grads.w)).toEqual(await read(expected.grads.w));
    await between(grads, i);
    trees.push(grads);
    into = spare(grads);
    dispose([value, expected]);
  }
  dispose(into);
  return trees;
}

test.each(lookers)('gradients are written over those of the step before, but not where there is %s', async (_, look) => {
  const params = { w: weights(0) };
  const xs = [1, 2, 3, 4, 5, 6].map(images);
  const before = memory();
  let copy: Tensor | undefined;
  let then: Float32Array | undefined;
  const trees = await inTurn(params, xs, async ({ w }, i) => {
    if (i === 3) [copy, then] = [look(w), await read(w)];
  });
  // The first is captured, the second replayed into fresh tensors; the fourth has a reader, and is not written over.
  expect(trees.map((tree) => trees.indexOf(tree))).toEqual([0, 1, 1, 1, 4, 4]);
  expect(await read(copy!)).toEqual(then);
  dispose(copy);
  expect(memory()).toEqual(before);
  dispose([params, xs]);
});

test('a gradient that served as a filter is not taken for what it was', async () => {
  const params = { w: weights(0) };
  const xs = [1, 2, 3, 4, 5].map(images);
  await inTurn(params, xs, async ({ w }) => {
    const fresh = tensor(await read(w), shape);
    for (let use = 0; use < 3; use++) {
      const [found, expected] = [conv2d(xs[0], w), conv2d(xs[0], fresh)];
      expect(await read(found)).toEqual(await read(expected));
      dispose([found, expected]);
    }
    dispose(fresh);
  });
  dispose([params, xs]);
});

test('gradients by parameters that the loss uses elsewhere too are whole', async () => {
  const params = { w: weights(0) };
  const x = images(1);
  const loss =
    (fn: typeof network) =>
    (p: Params): Tensor =>
      sum(square(conv2d(fn(p, [fn(p, [x])]), p.w)));
  const expected = valueAndGrad(loss(network), params);
  const values = await read(expected.grads.w);
  const largest = Math.max(...values.map(Math.abs));
  let into: Params | undefined;
  for (let i = 0; i < 4; i++) {
    const { value, grads } = valueAndGrad(loss(replayed), params, { into });
    const furthest = (await read(grads.w)).reduce((most, found, at) => Math.max(most, Math.abs(found - values[at])), 0);
    expect(furthest / largest).toBeLessThan(1e-5);
    into = spare(grads);
    dispose(value);
  }
  dispose([into, expected, params, x]);
});

test.each(lookers)('an update with the same gradients as before leaves %s alone', async (_, look) => {
  const x = images(1);
  const train = async (reuse: boolean, copyAt?: number) => {
    let state = { params: { w: weights(0) }, m: { w: zeros(shape) }, v: { w: zeros(shape) }, ema: { w: weights(0) } };
    let into: Params | undefined;
    let copy: { readonly tensor: Tensor; readonly values: Float32Array } | undefined;
    for (let step = 1; step <= 6; step++) {
      const { value, grads } = valueAndGrad(lossOf(replayed, x), state.params, { into });
      if (step === copyAt) copy = { tensor: look(state.params.w), values: await read(state.params.w) };
      const updated = adamEma(state, grads, { learningRate: 0.01, step, clipNorm: 1, emaRate: 0.1 });
      state = updated.state as typeof state;
      into = reuse ? spare(grads) : undefined;
      dispose([value, updated.gradientNorm, reuse ? undefined : grads]);
    }
    if (copy !== undefined) expect(await read(copy.tensor)).toEqual(copy.values);
    const values = await Promise.all([state.params.w, state.m.w, state.v.w, state.ema.w].map(read));
    dispose([state, into, copy?.tensor]);
    return values;
  };
  const expected = await train(false);
  expect(await train(true)).toEqual(expected);
  expect(await train(true, 5)).toEqual(expected);
  dispose(x);
});

test('parameters that were freed are not computed with', () => {
  const product = captured(({ w }: Params, [x]) => mul(x, w));
  const [params, x] = [{ w: wave([4], 0) }, wave([4], 1)];
  dispose([product(params, [x]), product(params, [x]), params]);
  expect(() => product(params, [x])).toThrow();
  dispose(x);
});

test('a list is bound once, looked through again after changes, and bound again where its memory is another', () => {
  const arrays = [new Float32Array(1), new Float32Array(2)];
  const infos = Object.freeze(arrays.map((_, i) => ({ dataId: { i }, shape: [i + 1], dtype: 'float32' as const })));
  const at = ({ shape: [length] }: { readonly shape: readonly number[] }): number => length - 1;
  const records = [{}, {}];
  let exclusive = true;
  const bind = vi.fn(() => ({}) as never);
  const lists = new BoundLists({ floats: (x) => arrays[at(x)], exclusive: () => exclusive, record: (x) => records[at(x)] }, bind);
  const first = lists.of(infos);
  exclusive = false;
  expect(lists.of(infos)).toBe(first);
  expect(records).toEqual([{ bound: true }, { bound: true }]);
  lists.changed();
  expect(lists.of(infos)).toMatchObject({ exclusive: false, handle: first.handle });
  expect(bind).toHaveBeenCalledTimes(1);
  arrays[1] = new Float32Array(2);
  lists.changed();
  expect(lists.of(infos).arrays).toEqual(arrays);
  expect(bind).toHaveBeenCalledTimes(2);
});

import {
  adam,
  add,
  asStore,
  compile,
  compiled,
  concat,
  conv2d,
  copyTree,
  dispose,
  dropout,
  exp,
  memory,
  mul,
  type NotCompilable,
  type Pure,
  printProgram,
  read,
  reusable,
  run,
  scale,
  silu,
  square,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  vjp,
  zeros,
  zerosLike,
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

type Params = { readonly w: Tensor };
type Fn = Pure<Params>;

const weights = (phase: number): Params => asStore({ w: wave([3, 3, 8, 8], phase) });
const images = (phase: number, count = 1): Tensor => wave([count, 6, 6, 8], phase);

const network: Fn = ({ w }, [x]) => {
  const h = silu(conv2d(x, w));
  const y = concat([conv2d(h, w, { residual: x }), h], 3);
  dispose(h);
  return y;
};

/** Compare a function's results with those of its compiled form for three filters, and inputs of one and of two images. */
async function expectSame(fn: Fn, replays: number): Promise<void> {
  const other = compiled(fn);
  for (const count of [1, 2]) {
    for (const phase of [0, 1, 2]) {
      const params = weights(phase);
      const x = images(7 + phase, count);
      const [expected, found] = [fn(params, [x]), other(params, [x])];
      expect(await read(found)).toEqual(await read(expected));
      dispose([params, x, expected, found]);
    }
  }
  expect(replay).toHaveBeenCalledTimes(replays);
}

describe('a compiled function', () => {
  test('runs as a program from the first call on', () => expectSame(network, 2 * 3));

  test('runs operation by operation where it cannot be a program, and says why', async () => {
    const own = images(3);
    const reasons: [Fn, RegExp][] = [
      [(_, [x]) => mul(x, own), /a tensor of shape \[1,6,6,8\] is used that is neither an input nor made from inputs/],
      [(_, [x]) => mul(x, tensor([2], [1])), /made from values while the function runs; pass it as an input/],
      [(_, [x]) => run('Sin', { x: scale(x, 2) }), /'Sin' has no native kernel/],
      [(_, [x]) => run('Identity', { x }), /a result is 'input0' itself/],
      [(_, [x]) => dropout(x, { rate: 0.5, seed: 1, stream: 0, step: 0, samples: [0] }), /dropped by a key/],
    ];
    for (const [fn, reason] of reasons) {
      const other = compiled(fn);
      const [params, x] = [weights(0), images(1)];
      for (let call = 0; call < 3; call++) {
        const [expected, found] = [fn(params, [x]), other(params, [x])];
        expect(await read(found)).toEqual(await read(expected));
        dispose([expected, found]);
      }
      expect(other.calls).toMatchObject([{ inputs: [[1, 6, 6, 8]], reason: expect.stringMatching(reason) }]);
      expect(String(other)).toMatch(reason);
      dispose([params, x]);
    }
    const plain = compiled(network);
    const [params, x] = [{ w: wave([3, 3, 8, 8], 0) }, images(1)];
    dispose([plain(params, [x]), params, x, own]);
    expect(plain.calls).toEqual([{ inputs: [], reason: 'the parameters are no store; make one with copyTree' }]);
    expect(replay).toHaveBeenCalledTimes(0);
  });

  test('is found out where it is not pure, and runs operation by operation from then on', async () => {
    let factor = 1;
    const fn = compiled<Params>((_, [x]) => scale(x, factor++));
    const [params, x] = [weights(0), images(1)];
    const values = await read(x);
    for (const expected of [1, 3, 4]) {
      const y = fn(params, [x]); // compiled in the first two calls, the second of which differs
      if (expected !== 1) expect(await read(y)).toEqual(values.map((value) => value * expected));
      dispose(y);
    }
    expect(fn.calls[0].reason).toMatch(
      /^the function is not pure: two calls differ, '0 scale\(.*\) 1 0' and '0 scale\(.*\) 2 0'; pass what changes/,
    );
    dispose([params, x]);
  });

  test('may use one tensor twice, and numbers of its own', async () => {
    const product = compiled<Params>(({ w }, [x]) => add(mul(w, x), zeros([1])));
    const [a, b] = [asStore({ w: wave([4], 0) }), wave([4], 1)];
    for (const x of [a.w, b, b]) {
      const [expected, found] = [mul(a.w, x), product(a, [x])];
      expect(await read(found)).toEqual(await read(expected));
      dispose([expected, found]);
    }
    dispose([a, b]);
  });

  test('runs kernel by kernel for whoever watches them', () => {
    const fn = compiled(network);
    const [params, x] = [weights(0), images(0)];
    dispose(fn(params, [x]));
    const seen: string[] = [];
    observeKernels(({ kernel }) => seen.push(kernel));
    dispose(fn(params, [x]));
    observeKernels(undefined);
    expect(seen).toEqual(['TractConv2D', 'TractSilu', 'TractConv2D', 'Concat']);
    expect(replay).toHaveBeenCalledTimes(1);
    dispose([params, x]);
  });

  test('goes through a large batch in chunks where rows do not depend on each other', async () => {
    const fn = compiled(network, { byRow: true });
    const params = weights(0);
    registerNativeBackend({ threads: 1 });
    for (const phase of [0, 1]) {
      const x = wave([260, 64, 64, 8], phase);
      const [expected, found] = [network(params, [x]), fn(params, [x])];
      const results = await Promise.all([found, expected].map(async (y) => ({ shape: y.shape, values: await read(y) })));
      expectSameBits([results[0]], [results[1]], `call ${phase}`);
      dispose([x, expected, found]);
    }
    expect(replay).toHaveBeenCalledTimes(2 * 2); // 256 and 4 rows
    registerNativeBackend({ threads: 2 });
    dispose(params);
  });

  test('computes with nothing that was freed', () => {
    const product = compiled<Params>(({ w }, [x]) => mul(x, w));
    const [params, x] = [asStore({ w: wave([4], 0) }), wave([4], 1)];
    dispose([product(params, [x]), product(params, [x]), params]);
    expect(() => product(params, [x])).toThrow();
    dispose(x);
  });
});

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

describe('a program', () => {
  const shapes = { params: { w: { shape: [3, 3, 8, 8] } }, inputs: [[1, 6, 6, 8]] };

  test('is made from shapes alone, and can be printed', () => {
    const before = memory();
    const program = compile(network as Pure<never>, shapes.params, { inputs: shapes.inputs });
    expect(memory()).toEqual(before);
    expect(printProgram(program).split('\n')).toEqual([
      'space arena: 576 floats (0.00 MB)',
      'space params: 576 floats (0.00 MB)',
      'space input0: 288 floats (0.00 MB)',
      'space result: 576 floats (0.00 MB)',
      'forward:',
      expect.stringMatching(/^ {3}0 conv2d\(input0\+0\[1,6,6,8\], params\+0\[3,3,8,8\], -, -, arena\+0\[1,6,6,8\]\) 1 1 6 6 8 3 3 8/),
      expect.stringMatching(/^ {3}1 silu\(arena\+0\[1,6,6,8\], arena\+288\[1,6,6,8\]\)$/),
      expect.stringMatching(/^ {3}2 conv2d\(arena\+288\[1,6,6,8\], params\+0\[3,3,8,8\], -, input0\+0\[1,6,6,8\], arena\+0\[1,6,6,8\]\)/),
      expect.stringMatching(/^ {3}3 concat\(arena\+0\[1,6,6,8\], arena\+288\[1,6,6,8\], result\+0\[1,6,6,16\]\) 36$/),
    ]);
  });

  test('has its gradients after the forward part, with no two live values in one place', () => {
    const program = compile(network as Pure<never>, shapes.params, { inputs: shapes.inputs, gradients: { params: true, inputs: [false] } });
    const { values, launches, forward } = program;
    expect(launches.slice(forward).map(({ kernel }) => kernel)).toContain('conv2dFilterGrad');
    expect(printProgram(program)).toMatch(/reverse:\n.*paramGrads\+0\[3,3,8,8\]/s);
    const uses = values.map((_, i) => launches.flatMap(({ operands }, at) => (operands.includes(i) ? [at] : [])));
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) {
        if (i >= j || a.space !== 0 || b.space !== 0 || uses[i].length === 0 || uses[j].length === 0) continue;
        const alive = uses[i][0] <= uses[j].at(-1)! && uses[j][0] <= uses[i].at(-1)!;
        const size = ({ shape }: typeof a) => shape.reduce((product, length) => product * length, 1);
        const apart = a.offset + size(a) <= b.offset || b.offset + size(b) <= a.offset;
        expect(!alive || apart).toBe(true);
      }
    }
  });

  test('is refused with a reason by a backend that runs none', async () => {
    await useBackend('cpu');
    const refusal = (): NotCompilable | undefined => {
      try {
        compile(network as Pure<never>, shapes.params, { inputs: shapes.inputs });
        return undefined;
      } catch (error) {
        return error as NotCompilable;
      }
    };
    expect(refusal()).toMatchObject({ name: 'NotCompilable', message: "the backend 'cpu' runs no programs" });
    await useBackend('native');
  });
});

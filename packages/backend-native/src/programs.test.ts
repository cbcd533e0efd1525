import {
  add,
  asStore,
  compile,
  compiled,
  dispose,
  dropout,
  memory,
  mul,
  type NotCompilable,
  type Pure,
  printProgram,
  read,
  run,
  scale,
  tensor,
  useBackend,
  zeros,
} from '@tract/tensor';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { NativeBackend, observeKernels, registerNativeBackend } from './index.js';
import { kernelTraits } from './kernel-traits.js';
import { expectSameBits, wave } from './testing/kernel-case.js';
import { type Fn, images, network, type Params, weights } from './testing/program-network.js';

beforeAll(async () => {
  registerNativeBackend({ threads: 2 });
  await useBackend('native');
});

const replay = vi.spyOn(NativeBackend.prototype, 'replay');
afterEach(() => replay.mockClear());

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
        // What a kernel may write over ends in the launch that makes its successor.
        const [last, next] = uses[i][0] < uses[j][0] ? [uses[i].at(-1)!, uses[j][0]] : [uses[j].at(-1)!, uses[i][0]];
        const handedOn = last === next && a.offset === b.offset && size(a) === size(b) && launches[next].kernel in kernelTraits.overwrites;
        expect(!alive || apart || handedOn).toBe(true);
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

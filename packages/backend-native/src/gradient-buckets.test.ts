import {
  asStore,
  backendName,
  compiled,
  conv2d,
  copyTree,
  dispose,
  type GradientRange,
  leaves,
  memory,
  mul,
  type Pure,
  read,
  silu,
  square,
  storeOf,
  sum,
  type Tensor,
  type Tree,
  useBackend,
  valueAndGrad,
} from '@tract/tensor';
import { engine } from '@tract/tensor/core';
import { beforeAll, expect, test } from 'vitest';
import { type NativeBackend, registerNativeBackend } from './index.js';
import { wave } from './testing/kernel-case.js';

beforeAll(async () => {
  registerNativeBackend({ threads: 2 });
  await useBackend('native');
});

type Params = { readonly first: Tensor; readonly second: Tensor; readonly unused: Tensor; readonly third: Tensor };

const params = (): Params =>
  asStore({ first: wave([3, 3, 8, 8], 0), second: wave([3, 3, 8, 8], 1), unused: wave([5], 2), third: wave([3, 3, 8, 8], 3) });
const images = (): Tensor => wave([2, 6, 6, 8], 7);
const chain: Pure<Params> = ({ first, second, third }, [x]) => conv2d(silu(conv2d(silu(conv2d(x, first)), second)), third);
const lossOf = (fn: Pure<Params>, x: Tensor) => (p: Params) => sum(square(fn(p, [x])));

type Seen = { readonly range: GradientRange; readonly values: Float32Array };

/** A copy of the whole buffer of gradients. */
const flatOf = (grads: Tree<Tensor>): Float32Array => (engine().backend as NativeBackend).floats(storeOf(grads)!.flat).slice();

/** Compute gradients; return the ranges with the buffer at the moment of each, and the buffer at the end. */
function announced(loss: (p: Params) => Tensor, bucketBytes: number, into: { addTo?: Params; reuse?: Params } = {}) {
  const own = params();
  const seen: Seen[] = [];
  const onGradients = (range: GradientRange, grads: Params): void => void seen.push({ range, values: flatOf(grads) });
  const { value, grads } = valueAndGrad(loss, own, { ...into, onGradients, bucketBytes });
  const end = flatOf(grads);
  dispose([value, grads, own]);
  return { seen, end };
}

/** Assert that the ranges cover the buffer once and are final when they are announced. */
function expectFinal({ seen, end }: ReturnType<typeof announced>): void {
  const times = new Uint8Array(end.length);
  for (const { range, values } of seen) {
    const [from, to] = [range.offset, range.offset + range.length];
    for (let i = from; i < to; i++) times[i]++;
    expect(values.subarray(from, to)).toEqual(end.subarray(from, to));
  }
  expect(times.every((count) => count === 1)).toBe(true);
}

const offsetsOf = ({ seen }: ReturnType<typeof announced>): number[] => seen.map(({ range }) => range.offset);
const [first, second, unused, third] = [0, 576, 1152, 1168];

test('a program announces each range as soon as no launch writes to it any more, and its gradients are those without ranges', () => {
  const x = images();
  const fn = compiled(chain);
  for (let call = 0; call < 3; call++) {
    const found = announced(lossOf(fn, x), 1);
    expectFinal(found);
    expect(offsetsOf(found)).toEqual([unused, third, second, first]);
    // What is not announced is not there yet: the program stands still in between.
    const { values } = found.seen[1];
    expect(values.subarray(second, unused)).toEqual(new Float32Array(576));
    expect(found.end.subarray(second, unused)).not.toEqual(new Float32Array(576));
    const own = params();
    const { value, grads } = valueAndGrad(lossOf(fn, x), own);
    expect(flatOf(grads)).toEqual(found.end);
    dispose([value, grads, own]);
  }
  expect(fn.calls.every(({ program }) => program !== undefined)).toBe(true);
  dispose(x);
});

test('gradients that are added to others are announced as they are added, before the program ends', () => {
  const [x, own] = [images(), params()];
  const fn = compiled(chain);
  const { value, grads: sums } = valueAndGrad(lossOf(fn, x), own);
  const before = flatOf(sums);
  const found = announced(lossOf(fn, x), 1, { addTo: sums });
  expectFinal(found);
  expect(offsetsOf(found)).toEqual([unused, third, second, first]);
  const { values } = found.seen[1];
  expect(values.subarray(first, unused)).toEqual(before.subarray(first, unused));
  expect(found.end).toEqual(before.map((gradient) => 2 * gradient));
  dispose([x, own, value]);
});

test('ranges hold whole leaves of at least so many bytes', () => {
  const x = images();
  const fn = compiled(chain);
  expect(announced(lossOf(fn, x), 4 * 577).seen.map(({ range }) => range)).toEqual([
    { offset: unused, length: 592 },
    { offset: first, length: 1152 },
  ]);
  expect(announced(lossOf(fn, x), 1e9).seen.map(({ range }) => range)).toEqual([{ offset: 0, length: 1744 }]);
  expect(() => announced(lossOf(fn, x), 0)).toThrow('valueAndGrad: bucketBytes must be above 0, got 0');
  dispose(x);
});

test('ranges wait for every use of a parameter, in and out of programs, and for gradients to be added to or written over', () => {
  const x = images();
  const [fn, again] = [compiled(chain), compiled(chain)];
  const losses: ((p: Params) => Tensor)[] = [
    lossOf(chain, x),
    (p) => sum(mul(fn(p, [x]), again(p, [x]))),
    (p) => sum(square(conv2d(fn(p, [x]), p.second))),
    (p) => sum(square(fn(p, [conv2d(x, p.third)]))),
    (p) => sum(p.unused),
  ];
  for (const loss of losses) {
    const found = announced(loss, 1);
    expectFinal(found);
    const own = params();
    const sums = valueAndGrad(lossOf(chain, x), own).grads;
    const added = announced(loss, 1, { addTo: copyTree(sums) });
    expectFinal(added);
    expect(added.end).not.toEqual(flatOf(sums));
    const over = announced(loss, 1, { reuse: params() }); // full of other numbers
    expectFinal(over);
    expect(over.end).toEqual(found.end);
    dispose([own, sums]);
  }
  dispose(x);
});

test('an error of whoever is told ends the step and leaves nothing behind', () => {
  const [x, own] = [images(), params()];
  const fn = compiled(chain);
  dispose(fn(own, [x]));
  const before = memory();
  const onGradients = (): void => {
    throw new Error('the other rank is gone');
  };
  for (let call = 0; call < 3; call++)
    expect(() => valueAndGrad(lossOf(fn, x), own, { onGradients, bucketBytes: 1 })).toThrow('the other rank is gone');
  expect(memory()).toEqual(before);
  dispose([x, own]);
});

test('a backend without programs announces all of the gradients at the end', async () => {
  await useBackend('cpu');
  const [x, own] = [images(), params()];
  const seen: [GradientRange, Promise<Float32Array[]>][] = [];
  const valuesOf = (grads: Params): Promise<Float32Array[]> => Promise.all(leaves(grads).map(([, leaf]) => read(leaf)));
  const onGradients = (range: GradientRange, grads: Params): void => void seen.push([range, valuesOf(grads)]);
  const { value, grads } = valueAndGrad(lossOf(chain, x), own, { onGradients, bucketBytes: 1 });
  expect([backendName(), seen.length, seen[0][0]]).toEqual(['cpu', 1, { offset: 0, length: 1744 }]);
  expect(await seen[0][1]).toEqual(await valuesOf(grads));
  dispose([x, own, value, grads]);
  await useBackend('native');
});

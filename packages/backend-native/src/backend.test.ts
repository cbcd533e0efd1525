import type { Tensor } from '@tensorflow/tfjs-core';
import {
  adam,
  add,
  asStore,
  clone,
  conv2d,
  copyTree,
  dispose,
  fill,
  groupNorm,
  memory,
  read,
  reshape,
  run,
  runMany,
  scale,
  slice,
  squaredError,
  storeOf,
  tensor,
  useBackend,
  valueAndGrad,
  zeros,
  zerosLike,
} from '@tract/tensor';
import { engine, env } from '@tract/tensor/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NativeBackend, nativeInfo, type PoolStatistics, registerNativeBackend, releaseIdleMemory, setThreads } from './index.js';

const pool = (): PoolStatistics => backend().pool.statistics();
const ones = (n: number): Float32Array => new Float32Array(n).fill(1);

function backend(): NativeBackend {
  const found = engine().findBackend('native');
  if (!(found instanceof NativeBackend)) throw new Error('the native backend is not active');
  return found;
}

beforeAll(async () => {
  registerNativeBackend({ threads: 2 });
  await useBackend('native');
  env().set('IS_TEST', true); // the engine then looks for kernels that leak
});
afterAll(() => env().set('IS_TEST', false));

describe('memory', () => {
  test('a disposed result is the memory of the next one, at a multiple of 64 bytes', () => {
    const x = tensor(ones(1000), [1000]);
    const first = scale(x, 2);
    const buffer = backend().floats(first).buffer;
    dispose(first);
    const second = scale(x, 3);
    expect(backend().floats(second).buffer).toBe(buffer);
    expect(buffer.byteLength % 64).toBe(0);
    dispose([x, second]);
  });

  test('a view of a disposed tensor stays intact', async () => {
    const x = scale(
      tensor(
        Float32Array.from({ length: 12 }, (_, i) => i),
        [3, 4],
      ),
      1,
    );
    const parts = runMany('Unpack', { value: x }, { axis: 0 }); // stock: views of one buffer
    dispose(x);
    const others = Array.from({ length: 4 }, () => scale(tensor(ones(12), [12]), 9));
    expect(await read(parts[1])).toEqual(Float32Array.of(4, 5, 6, 7));
    dispose([parts, others]);
  });

  test('what was read stays as it was when the memory is used again', () => {
    const x = tensor(ones(100), [100]);
    const y = scale(x, 2);
    const values = y.dataSync();
    dispose(y);
    const z = scale(x, 3);
    expect(values).toEqual(ones(100).map((v) => 2 * v));
    dispose([x, z]);
  });

  test('a slice has memory of its own, so that it does not keep a large tensor alive', () => {
    const x = scale(tensor(ones(1e5), [1000, 100]), 1);
    const part = slice(x, [3, 0], [1, 100]);
    expect(backend().floats(part).buffer.byteLength).toBeLessThan(1000);
    dispose([x, part]);
  });

  test('a training step in steady state allocates nothing', () => {
    const x = tensor(ones(2 * 6 * 6 * 4), [2, 6, 6, 4]);
    const weights = {
      kernel: tensor(
        ones(144).map((_, i) => Math.sin(i)),
        [3, 3, 4, 4],
      ),
      gamma: tensor(ones(4), [4]),
      beta: zeros([4]),
    };
    let state = { params: weights, m: zerosLike(weights), v: zerosLike(weights) };
    const train = (step: number): void => {
      const { value, grads } = valueAndGrad((p) => {
        const y = groupNorm(conv2d(x, p.kernel), p.gamma, p.beta, { groups: 2, silu: true });
        return squaredError(y, x, [1, 1]);
      }, state.params);
      const result = adam(state, grads, { learningRate: 0.01, step, clipNorm: 1 });
      state = result.state as typeof state;
      dispose([value, grads, result.gradNorm]);
    };
    for (let step = 1; step <= 3; step++) train(step);
    const before = { ...pool(), ...memory() };
    for (let step = 4; step <= 40; step++) train(step);
    const after = { ...pool(), ...memory() };
    expect(after.requests).toBeGreaterThan(before.requests);
    expect({ ...after, requests: before.requests }).toEqual(before);
    dispose([x, state]);
  });

  test('reports the pool, and gives idle memory back to the system', () => {
    const million = 2 ** 20;
    const [stays, goes] = [1, 50].map((millions) => fill([millions * million], 1));
    dispose(goes);
    expect((engine().memory() as unknown as { pool: PoolStatistics }).pool.idleBytes).toBeGreaterThanOrEqual(200 * million);
    const before = process.memoryUsage.rss();
    releaseIdleMemory();
    // Pages at the edges stay; elsewhere than on Linux the garbage collector gives back whole arenas later.
    if (process.platform === 'linux') expect(before - process.memoryUsage.rss()).toBeGreaterThan(199 * million);
    dispose(stays);
  });
});

describe('the update in place', () => {
  type One = { readonly a: Tensor; readonly b: Tensor };
  const pooled = (): One => ({ a: tensor(ones(5), [5]), b: tensor(ones(3), [3]) });
  const stateOf = () => ({ params: pooled(), m: zerosLike(pooled()), v: zerosLike(pooled()), averages: [pooled()] });
  const numbers = { learningRate: 0.1, step: 1, averageRates: [0.5] };

  test('makes stores of what it is given, and writes to those from then on', async () => {
    const grads = pooled();
    const first = adam<One>(stateOf(), grads, numbers);
    const { params, m, averages } = first.state;
    const second = adam(first.state, grads, { ...numbers, step: 2 });
    expect([second.state.params, second.state.m, second.state.averages![0]]).toEqual([params, m, averages![0]]);
    const [a, average] = await Promise.all([params.a, averages![0].a].map(read));
    expect([a[0], average[4]]).toEqual([expect.closeTo(0.8, 1), expect.closeTo(0.87, 1)]);
    dispose([second.state, grads, first.gradNorm, second.gradNorm]);
  });

  test.each([
    ['another reference', (x: Tensor) => run('Identity', { x })],
    ['another shape', (x: Tensor) => reshape(x, [5, 1])],
  ])('leaves %s of a parameter as it is', async (_, look) => {
    const grads = pooled();
    const first = adam<One>(stateOf(), grads, numbers);
    const other = look(first.state.params.a);
    const then = await read(other);
    const second = adam(first.state, grads, { ...numbers, step: 2 });
    expect(await read(other)).toEqual(then);
    expect(await read(second.state.params.a)).not.toEqual(then);
    expect(other.isDisposed).toBe(false);
    dispose([second.state, grads, other, first.gradNorm, second.gradNorm]);
  });
});

describe('a store', () => {
  const make = () => ({ w: tensor([1, 2, 3], [3]), deep: [{ b: tensor([4], []) }] });

  test('is one buffer, whose leaves are 64-byte aligned views, and is freed with the last of them', () => {
    const before = pool();
    const tree = asStore(make());
    const [w, b] = [tree.w, tree.deep[0].b].map((x) => backend().floats(x));
    expect(b.buffer).toBe(w.buffer);
    expect([w.byteOffset, b.byteOffset]).toEqual([0, 64]);
    expect(pool().usedBuffers).toBe(before.usedBuffers + 1);
    tree.w.dispose();
    expect(pool().usedBuffers).toBe(before.usedBuffers + 1);
    dispose(tree);
    expect(pool().usedBuffers).toBe(before.usedBuffers);
  });

  test('is frozen, copied as a whole, and no longer a store as a copy of the object or once a leaf is gone', async () => {
    const tree = asStore(make());
    const copy = copyTree(tree);
    expect(storeOf(copy)!.layout).toBe(storeOf(tree)!.layout);
    expect(await read(copy.deep[0].b)).toEqual(Float32Array.of(4));
    expect(storeOf({ ...tree })).toBe(undefined);
    expect(() => tree.deep.push({ b: copy.w })).toThrow(TypeError);
    expect(asStore(copy)).toBe(copy);
    copy.w.dispose();
    expect(() => asStore(copy)).toThrow(/disposed/);
    dispose([tree, copy]);
  });
});

describe('beside the stock backend', () => {
  test('does nothing for empty tensors, without a crash', async () => {
    const empty = zeros([0, 4]);
    const results = [scale(empty, 2), add(empty, empty), clone(empty), run('Sum', { x: empty }, { axis: [1], keepDims: false })];
    for (const result of results) expect((await read(result)).length).toBe(0);
    const total = run('Sum', { x: empty }, { axis: [0], keepDims: false });
    expect(await read(total)).toEqual(new Float32Array(4));
    const none = run('TractNoise', {}, { seed: 1, stream: 0, step: 0, samples: [], shape: [3] });
    expect(none.shape).toEqual([0, 3]);
    dispose([empty, results, total, none]);
  });

  test('leaves integers and booleans to it, and understands what it makes of them', async () => {
    const integers = engine().makeTensor(Int32Array.of(7, 8), [2], 'int32');
    const sum = run('Add', { a: integers, b: integers });
    expect(sum.dtype).toBe('int32');
    expect(await sum.data()).toEqual(Int32Array.of(14, 16));
    const same = run('Equal', { a: integers, b: sum });
    const cast = run('Cast', { x: same }, { dtype: 'float32' }); // the stock kernel renames the bytes only
    const shifted = scale(cast, 1, 5);
    expect(await read(shifted)).toEqual(Float32Array.of(5, 5));
    dispose([integers, sum, same, cast, shifted]);
  });

  test('takes over what lies there, and gives it back', async () => {
    const before = backend().numDataIds();
    await useBackend('cpu');
    const x = tensor(ones(4), [4]);
    await useBackend('native');
    expect(backend().numDataIds()).toBe(before);
    const y = scale(x, 2);
    expect(backend().numDataIds()).toBe(before + 2); // x was moved here
    await useBackend('cpu');
    const z = scale(y, 2);
    expect(backend().numDataIds()).toBe(before + 1);
    expect(await read(z)).toEqual(ones(4).map(() => 4));
    dispose([x, y, z]);
    await useBackend('native');
    expect(backend().numDataIds()).toBe(before);
  });

  test('names what does not fit', () => {
    const [a, b] = [zeros([2, 3]), zeros([4, 5])];
    expect(() => run('TractSiluGrad', { dy: a, x: b })).toThrow(/TractSiluGrad: 'dy' must have shape \[4,5\], got \[2,3\]/);
    dispose([a, b]);
  });
});

describe('registration', () => {
  test('tells what it runs on, and refuses what cannot be', () => {
    const { instructionSet, instructionSets, threads } = nativeInfo();
    expect(instructionSets).toContain(instructionSet);
    expect(threads).toBe(2);
    expect(() => registerNativeBackend({ instructionSet: 'mmx' })).toThrow(/instructionSet must be one of .*, got 'mmx'/);
    expect(() => setThreads(0)).toThrow(/integer from 1 to 256, got 0/);
  });
});

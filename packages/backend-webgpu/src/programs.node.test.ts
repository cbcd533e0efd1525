import {
  adam,
  asStore,
  clamp,
  compiled,
  concat,
  conv2d,
  copyTree,
  dispose,
  dropout,
  type GradientRange,
  leaves,
  memory,
  mul,
  noise,
  type Pure,
  read,
  reusable,
  run,
  scope,
  silu,
  square,
  storeOf,
  sum,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  zerosLike,
} from '@tract/tensor';
import { engine } from '@tract/tensor/core';
import { applyUNet, initUNet, type UNetConfig } from '@tract/unet';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { WebGpuBackend } from './backend.js';
import { startUnderNode } from './testing/node-device.js';
import { WebGpuProgram } from './webgpu-program.js';

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`programs on WebGPU are not tested: ${reason}`);
else await useBackend('webgpu');

type Params = { readonly first: Tensor; readonly unused: Tensor; readonly second: Tensor };

const normals = (seed: number, shape: readonly number[]): Tensor =>
  noise({ seed, samples: { first: 0, count: shape[0] }, shape: shape.slice(1) });
const weights = (seed = 0): Params =>
  asStore({ first: normals(seed, [3, 3, 8, 8]), unused: normals(seed + 1, [5]), second: normals(seed + 2, [3, 3, 8, 8]) });
const images = (seed: number, count = 2): Tensor => normals(seed, [count, 6, 6, 8]);
// The slope of clamp is a truth value, which a device keeps as a whole number.
const network: Pure<Params> = ({ first, second }, [x]) =>
  scope(() => {
    const h = silu(clamp(conv2d(x, first), -8, 8));
    return concat([conv2d(h, second), h], 3);
  });
const lossOf = (fn: Pure<Params>, x: Tensor) => (params: Params) => sum(square(fn(params, [x])));
const valuesOf = (tree: Params): Promise<Float32Array[]> => Promise.all(leaves<Tensor>(tree).map(([, leaf]) => read(leaf)));

const runs = vi.spyOn(WebGpuProgram.prototype, 'run');
afterEach(() => runs.mockClear());

describe.skipIf(reason !== undefined)(`a compiled function on WebGPU${reason ? ` (skipped: ${reason})` : ''}`, () => {
  test('has the bits of its operations, forward and backward, by parameters and inputs of each call', async () => {
    const fn = compiled(network);
    const before = memory();
    for (const [seed, count] of [
      [1, 2],
      [2, 2],
      [3, 1],
      [4, 2],
    ]) {
      const [params, x] = [weights(seed), images(9 + seed, count)];
      const [expected, found] = [network, fn].map((f) => [f(params, [x]), valueAndGrad(lossOf(f, x), params)] as const);
      expect(await read(found[0])).toEqual(await read(expected[0]));
      expect(await read(found[1].value)).toEqual(await read(expected[1].value));
      expect(await valuesOf(found[1].grads)).toEqual(await valuesOf(expected[1].grads));
      dispose([params, x, expected, found]);
    }
    expect(memory()).toEqual(before);
    expect(fn.calls.map(({ program }) => program !== undefined)).toEqual([true, true, true, true]);
    expect(runs).toHaveBeenCalledTimes(4 * 3);
    expect(String(fn)).toMatch(/forward:\n +0 \S+#\d+\(input0\+0\[2,6,6,8\], params\+0\[3,3,8,8\]/);
  });

  test('makes no bind group, writes no number and takes no memory once it has met its buffers', async () => {
    const { device, queue, bufferManager } = engine().backend as WebGpuBackend;
    const fn = compiled(network);
    const [params, x] = [weights(), images(1)];
    let reuse: Params | undefined;
    const step = async (): Promise<void> => {
      const { value, grads } = valueAndGrad(lossOf(fn, x), params, { reuse });
      reuse = reusable(grads);
      await read(value);
      dispose(value);
    };
    const draw = async (): Promise<void> => {
      const y = fn(params, [x]);
      await read(y);
      dispose(y);
    };
    for (let i = 0; i < 4; i++) {
      await draw();
      await step();
    }
    const [groups, numbers] = [vi.spyOn(device, 'createBindGroup'), vi.spyOn(queue, 'writeBuffer')];
    const bytes = bufferManager.numBytesAllocated;
    await draw();
    expect([groups, numbers].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    await step();
    expect(groups.mock.calls.length).toBe(numbers.mock.calls.length); // of the loss, which is not compiled
    expect(bufferManager.numBytesAllocated).toBe(bytes);
    groups.mockRestore();
    numbers.mockRestore();
    dispose([params, x, reuse]);
  });

  test('runs operation by operation where it cannot be a program, and says why', async () => {
    const own = images(3);
    const reasons: [Pure<Params>, RegExp][] = [
      [(_, [x]) => mul(x, own), /a tensor of shape \[2,6,6,8\] is used that is neither an input nor made from inputs/],
      [(_, [x]) => mul(x, tensor([2], [1])), /made from values while the function runs; pass it as an input/],
      [(_, [x]) => run('Identity', { x }), /a result is 'input0' itself/],
      [(_, [x]) => dropout(x, { rate: 0.5, seed: 1, stream: 0, step: 0, samples: [0, 1] }), /made from values while the function runs/],
    ];
    const [params, x] = [weights(), images(1)];
    for (const [fn, why] of reasons) {
      const other = compiled(fn);
      for (let call = 0; call < 2; call++) {
        const [expected, found] = [fn(params, [x]), other(params, [x])];
        expect(await read(found)).toEqual(await read(expected));
        dispose([expected, found]);
      }
      expect(other.calls).toMatchObject([{ reason: expect.stringMatching(why) }]);
    }
    expect(runs).not.toHaveBeenCalled();
    dispose([params, x, own]);
  });

  test('two calls at once have an arena each', async () => {
    const fn = compiled(network);
    const [params, x, other] = [weights(), images(1), images(2)];
    const loss = (f: Pure<Params>) => (p: Params) => sum(mul(f(p, [x]), f(p, [other])));
    for (let call = 0; call < 3; call++) {
      const [expected, found] = [network, fn].map((f) => valueAndGrad(loss(f), params));
      const [a, b] = [await valuesOf(expected.grads), await valuesOf(found.grads)];
      const largest = a.map((values) => Math.max(...values.map(Math.abs)));
      for (const [i, values] of b.entries()) // sums of two gradients in another order
        for (const [k, value] of values.entries()) expect(Math.abs(value - a[i][k])).toBeLessThanOrEqual(1e-5 * largest[i]);
      dispose([expected, found]);
    }
    dispose([params, x, other]);
  });

  test.each([
    ['one buffer', 2 ** 27],
    ['two, as one has no room for all leaves', 4700],
  ])(
    'trains to the bits of its operations, over gradients of before, and announces those that are final; stores in %s',
    async (_, most) => {
      const room = vi.spyOn(engine().backend as unknown as { mostBytes: number }, 'mostBytes', 'get').mockReturnValue(most);
      onTestFinished(() => room.mockRestore());
      const train = async (f: Pure<Params>) => {
        const params = weights();
        let state = { params, m: zerosLike(params), v: zerosLike(params), averages: [copyTree(params)] as readonly Params[] };
        let reuse: Params | undefined;
        const ranges: GradientRange[] = [];
        for (let step = 1; step <= 4; step++) {
          const [x, more] = [images(step), images(10 + step)];
          const half = valueAndGrad(lossOf(f, more), state.params, { reuse });
          const onGradients = (range: GradientRange): void => void ranges.push(range);
          const { value, grads } = valueAndGrad(lossOf(f, x), state.params, { addTo: half.grads, onGradients, bucketBytes: 1 });
          const updated = adam(state, grads, { learningRate: 0.01, step, clipNorm: 1, averageRates: [0.1] });
          state = updated.state as typeof state;
          expect(storeOf(state.params)).toBe(storeOf(params)); // in place
          reuse = reusable(grads);
          dispose([x, more, value, half.value, updated.gradNorm]);
        }
        const trees = [state.params, state.m, state.v, state.averages[0]];
        const values = await Promise.all(trees.map(valuesOf));
        dispose([state, reuse]);
        return { values, ranges };
      };
      const before = memory();
      const found = await train(compiled(network));
      const expected = await train(network);
      expect(found.values).toEqual(expected.values);
      expect(found.ranges.slice(0, 3).map(({ offset }) => offset)).toEqual([576, 592, 0]);
      expect(memory()).toEqual(before);
    },
  );

  test('a leaf of a store is a tensor like others: for stock kernels, to be read, and to be handed out', async () => {
    const [params, alone] = [weights(), normals(2, [3, 3, 8, 8])];
    const turned = [params.second, alone].map((x) => run('Transpose', { x }, { perm: [3, 2, 1, 0] }));
    const [leaf, expected, ofLeaf, ofAlone] = await Promise.all([params.second, alone, ...turned].map((x) => read(x)));
    expect(leaf).toEqual(expected);
    expect(ofLeaf).toEqual(ofAlone);
    const { tensorRef, buffer } = params.second.dataToGPU();
    expect(buffer?.size).toBe(4 * 576);
    expect(await read(tensorRef)).toEqual(expected);
    dispose([params, alone, ...turned, tensorRef]);
  });

  test('a U-Net with attention is one', async () => {
    const config: UNetConfig = {
      ...{ kind: 'unet', imageSize: 8, inChannels: 1, channels: 8, embChannels: 16, channelMult: [1, 2], blocks: 1 },
      ...{ attentionResolutions: [4], groups: 4, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 },
    };
    const plain = initUNet(config, 3);
    const [params, x] = [copyTree(plain), normals(1, [2, 8, 8, 1])];
    const gradients = (p: typeof plain) => valueAndGrad((q) => sum(square(applyUNet(config, q, x, { noise: [0.1, 3] }))), p);
    const [expected, found] = [gradients({ ...plain }), gradients(params)];
    expect(runs).toHaveBeenCalledTimes(2);
    const pairs = leaves<Tensor>(expected.grads).map(([path, leaf], i) => [path, leaf, leaves<Tensor>(found.grads)[i][1]] as const);
    for (const [path, a, b] of pairs) expect(await read(b), path).toEqual(await read(a));
    dispose([plain, params, x, expected, found]);
  });
});

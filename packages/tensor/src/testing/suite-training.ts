import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type AdamNumbers, type AdamState, adam } from '../adam.js';
import { compiled } from '../compiled.js';
import { valueAndGrad } from '../gradient.js';
import { noise } from '../noise.js';
import { scale } from '../ops/arithmetic.js';
import { attention } from '../ops/attention.js';
import { conv2d } from '../ops/conv.js';
import { groupNorm } from '../ops/group-norm.js';
import { squaredError } from '../ops/losses.js';
import { avgPool2x, upsample2x } from '../ops/resample.js';
import { reshape } from '../ops/shape.js';
import { copyTree, zerosLike } from '../param-store.js';
import { dispose, scope } from '../scope.js';
import { type Memory, memory, read, readScalar, tensor, zeros } from '../tensor.js';
import { leaves } from '../tree.js';
import { expectClose } from './closeness.js';
import { randomValues } from './random-values.js';
import { adam64, type Leaf64 } from './reference/adam.js';

const SHAPES = [[3, 3, 5, 7], [7], [], [64, 33], [1001]];

type Flat = readonly Tensor[];

/** Compare three updates with the float64 reference: parameters, moments, averages and the norm. */
async function compareUpdates({ clipNorm = 0, averageRates = [], weightDecay = 0 }: Partial<AdamNumbers>): Promise<void> {
  const before = memory();
  const start = SHAPES.map((shape, i) => randomValues(200 + i, shape));
  const reference: Leaf64[] = start.map(({ data }) => ({
    ...{ p: data.slice(), m: new Float64Array(data.length), v: new Float64Array(data.length) },
    averages: averageRates.map(() => data.slice()),
  }));
  const params: Flat = start.map(({ data, shape }) => tensor(Float32Array.from(data), shape));
  let state: AdamState<Flat> = {
    ...{ params, m: zerosLike(params), v: zerosLike(params) },
    averages: averageRates.map(() => copyTree(params)),
  };
  for (let step = 1; step <= 3; step++) {
    const numbers = { learningRate: 1e-2, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay, step, clipNorm, averageRates };
    const gradients = SHAPES.map((shape, i) => randomValues(1000 * step + i, shape));
    const grads: Flat = gradients.map(({ data, shape }) => tensor(Float32Array.from(data), shape));
    const norm = adam64(
      reference,
      gradients.map(({ data }) => data),
      numbers,
    );
    const result = adam(state, grads, numbers);
    expectClose([await readScalar(result.gradNorm)], [norm], 2e-6, 'float32 sum of squares over all leaves');
    state = result.state;
    dispose([grads, result.gradNorm]);
  }
  for (const [i, leaf] of reference.entries()) {
    const cause = 'three updates, each a few float32 roundings';
    expectClose(await read(state.params[i]), leaf.p, 2e-6, cause);
    expectClose(await read(state.m[i]), leaf.m, 2e-6, cause);
    expectClose(await read(state.v[i]), leaf.v, 2e-6, cause);
    for (const [k, average] of leaf.averages.entries()) expectClose(await read(state.averages![k][i]), average, 2e-6, cause);
  }
  dispose(state);
  expect(memory()).toEqual(before);
}

const random = (seed: number, shape: number[], spread: number): Tensor =>
  tensor(Float32Array.from(randomValues(seed, shape, { spread }).data), shape);

/** A network with one of everything that a U-Net has. */
function makeNetwork() {
  return {
    first: { kernel: random(1, [3, 3, 1, 8], 0.3), bias: zeros([8]) },
    norm: { gamma: random(2, [8], 1), beta: zeros([8]) },
    qkv: { kernel: random(3, [1, 1, 8, 24], 0.3), bias: zeros([24]) },
    last: { kernel: random(4, [3, 3, 8, 1], 0.3), bias: zeros([1]) },
  };
}
type Network = ReturnType<typeof makeNetwork>;

/** The network as training has it: a store where the backend has stores. */
function copyNetwork(): Network {
  const network = makeNetwork();
  const copy = copyTree(network);
  dispose(network);
  return copy;
}

function applyNetwork(network: Network, x: Tensor): Tensor {
  const [samples, height, width] = x.shape;
  const tokens = (height * width) / 4;
  const h = conv2d(x, network.first.kernel, { bias: network.first.bias });
  const inner = scope(() => {
    const low = avgPool2x(groupNorm(h, network.norm.gamma, network.norm.beta, { groups: 4, silu: true }));
    const qkv = conv2d(low, network.qkv.kernel, { bias: network.qkv.bias });
    const mixed = attention(reshape(qkv, [samples, tokens, 24]), { heads: 2 });
    return upsample2x(reshape(mixed, [samples, height / 2, width / 2, 8]));
  });
  return conv2d(inner, network.last.kernel, { bias: network.last.bias, residual: x });
}

/** 200 steps towards a fixed target: memory at steps 10 and 200, losses at the first and the last. */
async function trainTiny(): Promise<{ at10: Memory; at200: Memory; first: number; last: number }> {
  const params = copyNetwork();
  let state: AdamState<Network> = { params, m: zerosLike(params), v: zerosLike(params), averages: [copyTree(params)] };
  const x = random(5, [2, 4, 2, 1], 1);
  const target = noise({ seed: 6, samples: [0, 1], shape: [4, 2, 1] });
  const seen: Memory[] = [];
  const losses: number[] = [];
  for (let step = 1; step <= 200; step++) {
    const { value, grads } = valueAndGrad((p) => squaredError(applyNetwork(p, x), target, [0.5, 0.5]), state.params);
    const result = adam(state, grads, { learningRate: 1e-2, step, clipNorm: 10, averageRates: [0.01] });
    state = result.state;
    if (step === 1 || step === 200) losses.push(await readScalar(value));
    dispose([value, grads, result.gradNorm]);
    if (step === 10 || step === 200) seen.push(memory());
  }
  dispose([state, x, target]);
  return { at10: seen[0], at200: seen[1], first: losses[0], last: losses[1] };
}

const passes = 4;

/** Gradients and outputs of a few updates with two sizes of batch in turn, so that each is met more than once. */
async function valuesOf(apply: (network: Network, inputs: readonly Tensor[]) => Tensor): Promise<Float32Array[]> {
  const params = copyNetwork();
  let state: AdamState<Network> = { params, m: zerosLike(params), v: zerosLike(params), averages: [copyTree(params)] };
  const batches = [2, 3].map((samples) => random(samples, [samples, 4, 2, 1], 1));
  const seen: Float32Array[] = [];
  for (let step = 1; step <= 2 * passes; step++) {
    const x = batches[step % 2];
    const target = scope(() => apply(state.averages![0], [x]));
    const { value, grads } = valueAndGrad(
      (p) => squaredError(scale(apply(p, [x]), 1.5), target, new Array(x.shape[0]).fill(1)),
      state.params,
    );
    const result = adam(state, grads, { learningRate: 1e-2, step, averageRates: [0.01] });
    state = result.state;
    for (const tensor of [target, value, result.gradNorm, state.params.norm.beta]) seen.push(await read(tensor));
    dispose([target, value, grads, result.gradNorm]);
  }
  for (const [, leaf] of leaves(state)) seen.push(await read(leaf));
  dispose([state, batches]);
  return seen;
}

export function describeTraining(): void {
  describe('training', () => {
    test('the fused update follows its float64 reference', () => compareUpdates({}));
    test('the fused update with clipping and two averages follows its float64 reference', () =>
      compareUpdates({ clipNorm: 1.5, averageRates: [0.5, 0.01] }));
    test('the fused update with a limit that is not reached leaves the gradients alone', () =>
      compareUpdates({ clipNorm: 1e6, averageRates: [0.5, 0.25, 0.01] }));
    test('the fused update with decoupled weight decay follows its float64 reference', () =>
      compareUpdates({ weightDecay: 0.3, averageRates: [0.1] }));

    test('a compiled network gives the same bits, forward and backward, and leaves nothing behind', async () => {
      const plain = (network: Network, [x]: readonly Tensor[]) => applyNetwork(network, x);
      const before = memory();
      const expected = await valuesOf(plain);
      expect(await valuesOf(compiled(plain))).toEqual(expected);
      expect(memory()).toEqual(before);
    });

    test('200 steps learn, and leave as many tensors, bytes and buffers as 10 steps', async () => {
      const before = memory();
      const { at10, at200, first, last } = await trainTiny();
      expect(at200).toEqual(at10);
      expect(last).toBeLessThan(first / 2);
      expect(memory()).toEqual(before);
    });
  });
}

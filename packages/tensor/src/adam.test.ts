import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { adam, clone, dispose, memory, read, readScalar, type Tensor, tensor, useBackend, zeros } from './index.js';

beforeAll(() => useBackend('cpu'));

type One = { readonly w: Tensor };
const start = (): { params: One; m: One; v: One } => ({ params: { w: tensor([1, -1], [2]) }, m: { w: zeros([2]) }, v: { w: zeros([2]) } });

test('the first step moves each parameter by the learning rate against its gradient, whatever its size', async () => {
  const grads = { w: tensor([3, -0.004], [2]) };
  const { state, gradNorm } = adam(start(), grads, { learningRate: 0.1, step: 1 });
  const moved = await read(state.params.w);
  // epsilon = 1e-8 takes 2.5e-6 of the step at a gradient of 0.004.
  expect(moved[0]).toBeCloseTo(0.9, 6);
  expect(moved[1]).toBeCloseTo(-0.9, 6);
  expect(await readScalar(gradNorm)).toBeCloseTo(Math.hypot(3, 0.004), 6);
  dispose([state, grads, gradNorm]);
});

test('the old state is consumed, the gradients are not', () => {
  const before = memory().tensors;
  const old = start();
  const grads = { w: tensor([1, 1], [2]) };
  const { state, gradNorm } = adam(old, grads, { learningRate: 0.1, step: 1 });
  expect([old.params.w.isDisposed, old.m.w.isDisposed, old.v.w.isDisposed, grads.w.isDisposed]).toEqual([true, true, true, false]);
  expect(memory().tensors).toBe(before + 5);
  dispose([state, grads, gradNorm]);
});

test('states and numbers that do not fit are refused', () => {
  const state = start();
  const grads = { w: tensor([1, 1], [2]) };
  const short = { w: zeros([1]) };
  expect(() => adam(state, grads, { learningRate: 0.1, step: 0 })).toThrow(/step counts from 1, got 0/);
  expect(() => adam(state, grads, { learningRate: 0.1, step: 1, averageRates: [0.5] })).toThrow(/a rate for each of the 0 averages, got 1/);
  expect(() => adam(state, grads, { learningRate: 0.1, step: 1, weightDecay: -1 })).toThrow(/weightDecay must be ≥ 0/);
  expect(() => adam({ ...state, averages: [state.params] }, grads, { learningRate: 0.1, step: 1, averageRates: [0.5] })).toThrow(
    /two places/,
  );
  expect(() => adam({ ...state, m: short }, grads, { learningRate: 0.1, step: 1 })).toThrow(
    /'m' has w \[1\] where the parameters have w \[2\]/,
  );
  const average = { w: clone(state.params.w) };
  dispose([adam({ ...state, averages: [average] }, grads, { learningRate: 0.1, step: 1, averageRates: [0.5] }), grads, short]);
});

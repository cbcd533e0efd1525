import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { adamEma, clone, dispose, memory, read, readScalar, type Tensor, tensor, useBackend, zeros } from './index.js';

beforeAll(() => useBackend('cpu'));

type One = { readonly w: Tensor };
const start = (): { params: One; m: One; v: One } => ({ params: { w: tensor([1, -1], [2]) }, m: { w: zeros([2]) }, v: { w: zeros([2]) } });

test('the first step moves each parameter by the learning rate against its gradient, whatever its size', async () => {
  const grads = { w: tensor([3, -0.004], [2]) };
  const { state, gradientNorm } = adamEma(start(), grads, { learningRate: 0.1, step: 1 });
  const moved = await read(state.params.w);
  // epsilon = 1e-8 takes 2.5e-6 of the step at a gradient of 0.004.
  expect(moved[0]).toBeCloseTo(0.9, 6);
  expect(moved[1]).toBeCloseTo(-0.9, 6);
  expect(await readScalar(gradientNorm)).toBeCloseTo(Math.hypot(3, 0.004), 6);
  dispose([state, grads, gradientNorm]);
});

test('the old state is consumed, the gradients are not', () => {
  const before = memory().tensors;
  const old = start();
  const grads = { w: tensor([1, 1], [2]) };
  const { state, gradientNorm } = adamEma(old, grads, { learningRate: 0.1, step: 1 });
  expect([old.params.w.isDisposed, old.m.w.isDisposed, old.v.w.isDisposed, grads.w.isDisposed]).toEqual([true, true, true, false]);
  expect(memory().tensors).toBe(before + 5);
  dispose([state, grads, gradientNorm]);
});

test('states and numbers that do not fit are refused', () => {
  const state = start();
  const grads = { w: tensor([1, 1], [2]) };
  const short = { w: zeros([1]) };
  expect(() => adamEma(state, grads, { learningRate: 0.1, step: 0 })).toThrow(/step counts from 1, got 0/);
  expect(() => adamEma(state, grads, { learningRate: 0.1, step: 1, emaRate: 0.5 })).toThrow(/'ema' in the state and 'emaRate'/);
  expect(() => adamEma({ ...state, ema: state.params }, grads, { learningRate: 0.1, step: 1, emaRate: 0.5 })).toThrow(/two places/);
  expect(() => adamEma({ ...state, m: short }, grads, { learningRate: 0.1, step: 1 })).toThrow(
    /'m' has w \[1\] where the parameters have w \[2\]/,
  );
  const average = { w: clone(state.params.w) };
  dispose([adamEma({ ...state, ema: average }, grads, { learningRate: 0.1, step: 1, emaRate: 0.5 }), grads, short]);
});

import type { KernelCall } from '@tract/backend-native';
import { describe, expect, test } from 'vitest';
import { bytesOf, describeShapes, operationsOf } from './kernel-work.js';

const call = (kernel: string, inputs: KernelCall['inputs'], outputs: KernelCall['outputs'], attributes = {}): KernelCall => ({
  kernel,
  inputs,
  outputs,
  attributes,
  milliseconds: 1,
});

const filter = [3, 3, 32, 64];
const convolution = call('TractConv2D', { x: [2, 28, 28, 32], filter, bias: [64] }, [[2, 14, 14, 64]], { stride: 2, pad: 1 });

describe("a kernel call's work", () => {
  test('of a convolution is two operations for each tap of each output, and its gradients have the same', () => {
    const count = 2 * (2 * 14 * 14 * 64) * (3 * 3 * 32);
    expect(operationsOf(convolution)).toBe(count);
    const dy = [2, 14, 14, 64];
    expect(operationsOf(call('TractConv2DInputGrad', { dy, filter }, [[2, 28, 28, 32]]))).toBe(count);
    expect(operationsOf(call('TractConv2DFilterGrad', { x: [2, 28, 28, 32], dy }, [filter, [64]]))).toBe(count);
  });

  test('of a matrix product follows the transposes', () => {
    const count = 2 * 5 * 7 * 3;
    expect(operationsOf(call('BatchMatMul', { a: [5, 3], b: [3, 7] }, [[5, 7]]))).toBe(count);
    expect(operationsOf(call('BatchMatMul', { a: [3, 5], b: [3, 7] }, [[5, 7]], { transposeA: true }))).toBe(count);
    expect(operationsOf(call('_FusedMatMul', { a: [5, 3], b: [3, 7], bias: [7] }, [[5, 7]]))).toBe(count);
  });

  test('of attention is two products of T x T x C forward and five backward', () => {
    const qkv = [2, 49, 3 * 16];
    expect(operationsOf(call('TractAttention', { qkv }, [[2, 49, 16]]))).toBe(2 * 2 * (2 * 49 * 49 * 16));
    expect(operationsOf(call('TractAttentionGrad', { dy: [2, 49, 16], qkv }, [qkv]))).toBe(5 * 2 * (2 * 49 * 49 * 16));
  });

  test('of anything else is its bytes alone', () => {
    const silu = call('TractSilu', { x: [2, 3] }, [[2, 3]]);
    expect(operationsOf(silu)).toBeUndefined();
    expect(bytesOf(silu)).toBe(4 * 12);
    expect(bytesOf(convolution)).toBe(4 * (2 * 28 * 28 * 32 + 3 * 3 * 32 * 64 + 64 + 2 * 14 * 14 * 64));
  });

  test('is told in words', () => {
    expect(describeShapes(convolution)).toBe('x 2x28x28x32, filter 3x3x32x64, bias 64, stride 2');
    expect(describeShapes(call('Fill', {}, [[2, 3]]))).toBe('2x3');
    expect(describeShapes(call('BatchMatMul', { a: [3, 5], b: [3, 7] }, [[5, 7]], { transposeA: true }))).toBe('a 3x5 transposed, b 3x7');
    const leaves = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`p${i}`, [10]]));
    expect(describeShapes(call('TractAdam', leaves, []))).toBe('12 tensors, 120 values');
  });
});

import { randomInts, useBackend } from '@tract/tensor';
import { engine } from '@tract/tensor/core';
import { expect, test } from 'vitest';
import { WebGpuBackend } from '../backend.js';
import type { Shader } from '../shader.js';
import { startUnderNode } from '../testing/node-device.js';
import { wideProduct } from './philox.js';
import { doubleLiteral, softDouble } from './soft-double.js';

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`float64 in WGSL is not tested: ${reason}`);

/** Pairs of doubles as words (low, high) in; sum, product, quotient and root of the first's magnitude out. */
const shader: Shader = {
  name: 'four-operations',
  inputs: ['pairs: u32'],
  outputs: ['results: u32'],
  numbers: ['count: u32'],
  workgroup: [64],
  declarations: `${wideProduct}${softDouble}
fn load(at: u32) -> Double {
  let low = pairs[at];
  let high = pairs[at + 1u];
  let exponent = i32((high >> 20u) & 0x7ffu) - 1023 - 63;
  return Double(high >= 0x80000000u, exponent, 0x80000000u | (high << 11u) | (low >> 21u), low << 11u);
}
fn save(at: u32, x: Double) {
  if (x.high == 0u) { return; }
  results[at] = (x.low >> 11u) | (x.high << 21u);
  results[at + 1u] = (bit(x.negative) << 31u) | (u32(x.exponent + 63 + 1023) << 20u) | ((x.high >> 11u) & 0xfffffu);
}`,
  code: `if (index >= n.count) { return; }
  let a = load(4u * index);
  let b = load(4u * index + 2u);
  save(8u * index, add(a, b));
  save(8u * index + 2u, multiply(a, b));
  save(8u * index + 4u, divide(a, b));
  save(8u * index + 6u, squareRoot(Double(false, a.exponent, a.high, a.low)));`,
};

/** Numbers of all signs and of sizes within 2^±70, many of few digits, so that ties, carries and cancellations are among their results. */
function numbers(count: number): Float64Array {
  const words = randomInts({ seed: 7 }, 4 * count, 2 ** 32);
  return Float64Array.from({ length: count }, (_, i) => {
    const [top, bottom, size, kind] = words.subarray(4 * i, 4 * i + 4);
    const digits = 1 + ((kind & 1 ? top : (top & 0xffff0000) >>> 0) + (kind & 2 ? bottom / 2 ** 32 : (bottom & 1) / 2 ** 20)) / 2 ** 32;
    return (kind & 4 ? -1 : 1) * digits * 2 ** (kind & 8 ? (size % 141) - 70 : size % 2);
  });
}

test.skipIf(reason !== undefined)(
  `sums, products, quotients and roots have the bits of the host's${reason ? ` (skipped: ${reason})` : ''}`,
  async () => {
    await useBackend('webgpu');
    const backend = engine().findBackend('webgpu');
    if (!(backend instanceof WebGpuBackend)) throw new Error('the WebGPU backend is not active');
    const count = 20_000;
    const values = numbers(2 * count);
    const pairs = backend.makeTensorInfo([4 * count], 'int32', new Int32Array(values.buffer));
    const results = backend.makeTensorInfo([8 * count], 'int32', new Int32Array(8 * count));
    backend.dispatch(shader, { inputs: [pairs], outputs: [results], numbers: [count], groups: Math.ceil(count / 64) });
    const words = (await backend.read(results.dataId)) as Int32Array;
    const found = new Float64Array(words.slice().buffer);
    const expected = Float64Array.from({ length: 4 * count }, (_, i) => {
      const [a, b] = values.subarray(2 * (i >> 2), 2 * (i >> 2) + 2);
      return [a + b, a * b, a / b, Math.sqrt(Math.abs(a))][i & 3];
    });
    expect([...found.keys()].filter((i) => found[i] !== expected[i])).toEqual([]);
    for (const { dataId } of [pairs, results]) backend.disposeData(dataId);
  },
);

test('a literal is the number, bit for bit, and what has no place is refused', () => {
  expect(doubleLiteral(1)).toBe('Double(false, -63, 2147483648u, 0u)');
  expect(doubleLiteral(-Math.SQRT1_2)).toBe('Double(true, -64, 3037000499u, 4192102400u)');
  expect(() => doubleLiteral(5e-324)).toThrow('doubleLiteral: expected a normal number, got 5e-324');
});

import { expect, test } from 'vitest';
import { allFinite, allFiniteHalves } from './all-finite.js';
import { toFloat32 } from './half-precision.js';

test('one number that is not finite is found wherever it is', () => {
  const values = Float32Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 3e38);
  expect([allFinite(values), allFinite([])]).toEqual([true, true]);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    for (const at of [0, 57, 99]) expect(allFinite(values.with(at, wrong))).toBe(false);
});

test.each(['F16', 'BF16'] as const)('of %s the bits say so, for each number there is', (dtype) => {
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const half = { dtype, shape: [1], data: Uint16Array.of(bits) };
    if (allFiniteHalves(half) !== Number.isFinite(toFloat32(half)[0])) expect.unreachable(`${dtype} ${bits}`);
  }
});

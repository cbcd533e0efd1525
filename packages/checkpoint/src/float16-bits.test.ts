import { describe, expect, test } from 'vitest';
import { float16Bits, toFloat16 } from './float16-bits.js';
import { toFloat32 } from './half-precision.js';

describe('float16', () => {
  test('every finite value keeps its bits, and what lies between two goes to the nearer, ties to even', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [value, next] = toFloat32({ dtype: 'F16', shape: [2], data: Uint16Array.of(bits, bits + 1) });
      expect(float16Bits(value)).toBe(bits);
      expect(float16Bits(-value)).toBe(bits === 0 ? 0x8000 : bits | 0x8000);
      if (bits === 0x7bff) continue;
      expect(float16Bits((value + next) / 2)).toBe(bits + (bits & 1));
      expect(float16Bits(value + 0.501 * (next - value))).toBe(bits + 1);
    }
  });

  test('beyond its range it is refused by name', () => {
    expect([65504, 65519, 65520, Number.POSITIVE_INFINITY].map(float16Bits)).toEqual([0x7bff, 0x7bff, 0x7c00, 0x7c00]);
    expect(float16Bits(Number.NaN)).toBe(0x7e00);
    expect(() => toFloat16('out.conv.kernel', Float32Array.of(1, -7e4))).toThrow("'out.conv.kernel' holds -70000, which is beyond float16");
  });
});

import { float16Bits, toFloat16, toFloat32 } from '@tract/checkpoint';
import { describe, expect, test } from 'vitest';
import { bytesField, type Encoded, floatField, intField, messageField, piecesOf } from './protobuf.js';

const hex = (encoded: Encoded) => Buffer.concat([...piecesOf(encoded)]).toString('hex');

/** The examples of the encoding's own documentation. */
test('fields are encoded as Protocol Buffers document it', () => {
  expect(hex(intField(1, 150))).toBe('089601');
  expect(hex(bytesField(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(messageField(3, intField(1, 150)))).toBe('1a03089601');
  expect(hex(floatField(2, 1.5))).toBe('150000c03f');
  expect(hex(intField(16, 2 ** 40))).toBe('8001808080808020');
});

test('bytes that are made when they are written are not made before, and count for the lengths around them', () => {
  let made = 0;
  const lazy: Encoded = {
    length: 200,
    pieces: () => {
      made++;
      return [new Uint8Array(120).fill(1), new Uint8Array(80).fill(2)];
    },
  };
  const outer = messageField(1, intField(1, 1), bytesField(9, lazy));
  expect([outer.length, made]).toEqual([2 + 1 + 2 + 3 + 200 - 0, 0]);
  expect(hex(outer)).toBe(`0acd01${'0801'}4ac801${'01'.repeat(120)}${'02'.repeat(80)}`);
  expect(made).toBe(1);
});

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

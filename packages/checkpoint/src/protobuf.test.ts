import { expect, test } from 'vitest';
import { bytesField, doubleField, type Encoded, floatField, intField, messageField, piecesOf } from './protobuf.js';

const hex = (encoded: Encoded) => Buffer.concat([...piecesOf(encoded)]).toString('hex');

/** The examples of the encoding's own documentation. */
test('fields are encoded as Protocol Buffers document it', () => {
  expect(hex(intField(1, 150))).toBe('089601');
  expect(hex(bytesField(2, 'testing'))).toBe('120774657374696e67');
  expect(hex(messageField(3, intField(1, 150)))).toBe('1a03089601');
  expect(hex(floatField(2, 1.5))).toBe('150000c03f');
  expect(hex(doubleField(2, 1.5))).toBe('11000000000000f83f');
  expect([0, 127, 128, Number.MAX_SAFE_INTEGER].map((value) => hex(intField(1, value)))).toEqual([
    '0800',
    '087f',
    '088001',
    '08ffffffffffffff0f',
  ]);
  expect(hex(messageField(3))).toBe('1a00');
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
  expect([outer.length, made]).toEqual([3 + 2 + 3 + 200, 0]);
  expect(hex(outer)).toBe(`0acd01${'0801'}4ac801${'01'.repeat(120)}${'02'.repeat(80)}`);
  expect(made).toBe(1);
});

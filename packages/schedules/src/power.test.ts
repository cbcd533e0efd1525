import fc from 'fast-check';
import { expect, test } from 'vitest';
import { power } from './power.js';

const bitsOf = (value: number): string => new BigUint64Array(Float64Array.of(value).buffer)[0].toString(16).padStart(16, '0');

// The same in Node 20, 22, 24 and 26, Deno 2.9 and Bun 1.4 on x64; exp differs on arm64.
test.runIf(process.arch === 'x64').each([
  [80, 1 / 7, '3ffdec054fe78580'],
  [0.002, 1 / 7, '3fda56fe8dc34f53'],
  [1.8733, 7, '40543d3619297447'],
  [1e-3, 1 / 31250, '3feffe307ac88a1e'],
  [0.5, 1 / 500, '3feff4a6be86b754'],
  [0.3, 0.7, '3fdb8d809c615f41'],
  [123.456, -2.5, '3ed8c47085e5402d'],
  [40000, 0.31, '403ab53452b73308'],
  [0.9999, 12345, '3fd29f202617174d'],
])('%d to the power of %d has the recorded bits', (x, y, bits) => {
  expect(bitsOf(power(x, y))).toBe(bits);
});

test('it is as near to Math.pow as exp and ln allow', () => {
  const x = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(x, fc.double({ min: -20, max: 20, noNaN: true }), (x, y) => {
      // Half a last bit of the product, which exp multiplies by itself, and the last bits of ln, exp and Math.pow.
      expect(Math.abs(power(x, y) / x ** y - 1)).toBeLessThan((3 + 2 * Math.abs(y * Math.log(x))) * Number.EPSILON);
    }),
  );
});

test('squares and whole powers of 2, which stay with the engine, are exact or rounded once', () => {
  fc.assert(fc.property(fc.double({ noNaN: true }), (x) => x ** 2 === x * x));
  for (let k = -1074, exact = 2 ** -1074; k < 1024; k++, exact *= 2) expect(2 ** k).toBe(exact);
});

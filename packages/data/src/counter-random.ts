/** High and low half of the 64-bit product of two uint32; written to `product`, since this is the inner loop. */
const product = { high: 0, low: 0 };
function multiply(a: number, b: number): void {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middleLow = (middle & 0xffff) + aLow * bHigh;
  product.high = (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000)) >>> 0;
  product.low = Math.imul(a, b) >>> 0;
}

/**
 * Philox4x32-10: four random uint32 as a pure function of a 128-bit counter and a 64-bit key.
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". Written here too because this package stays free of tensors.
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    multiply(0xd2511f53, c0);
    const { high: high0, low: low0 } = product;
    multiply(0xcd9e8d57, c2);
    const { high: high1, low: low1 } = product;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

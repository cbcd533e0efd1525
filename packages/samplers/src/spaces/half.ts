/** Half-precision bits → numbers, exactly. */
export function fromHalf(bits: Uint16Array): Float32Array {
  const floats = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const [sign, exponent, fraction] = [bits[i] & 0x8000 ? -1 : 1, (bits[i] >> 10) & 31, bits[i] & 1023];
    if (exponent === 31) floats[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else floats[i] = sign * (exponent === 0 ? fraction * 2 ** -24 : (fraction + 1024) * 2 ** (exponent - 25));
  }
  return floats;
}

const word = new DataView(new ArrayBuffer(8));

/** Numbers → half-precision bits, to nearest, ties to even; 65520 and above is Infinity. */
export function toHalf(floats: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    word.setFloat64(0, floats[i]);
    const sign = (word.getUint8(0) & 0x80) << 8;
    const size = Math.abs(floats[i]);
    const exponent = Math.max(((word.getUint16(0) >> 4) & 0x7ff) - 1023, -14);
    const magic = 2 ** (exponent + 42); // its float64 neighbours are 2^(exponent − 10) apart, as halves of this exponent are
    const units = (size + magic - magic) / 2 ** (exponent - 10);
    bits[i] = sign | (Number.isNaN(size) ? 0x7e00 : exponent > 15 ? 0x7c00 : ((exponent + 14) << 10) + units);
  }
  return bits;
}

import type { NamedArray } from './named-array.js';

/** The value of 16 bits of IEEE 754 half precision: sign 1, exponent 5, fraction 10. */
export function decodeFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** As `decodeFloat16` of each, in a twentieth of the time: a normal number's bits are moved to their places in a float32, whose exponent counts from 112 lower. */
function decodeFloat16s(source: Uint16Array): Float32Array {
  const values = new Float32Array(source.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < source.length; i++) {
    const half = source[i];
    const exponent = half & 0x7c00;
    if (exponent === 0 || exponent === 0x7c00) values[i] = decodeFloat16(half);
    else words[i] = ((half & 0x8000) << 16) | (((half & 0x7fff) + (112 << 10)) << 13);
  }
  return values;
}

/** The value of 8 bits of E4M3 (OCP 8-bit floating point, "fn"): sign 1, exponent 4 with bias 7, fraction 3; no infinities, 0x7f and 0xff are NaN. */
function decodeFloat8E4M3(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 7;
  if (exponent === 0) return sign * fraction * 2 ** -9;
  if (exponent === 0xf && fraction === 7) return Number.NaN;
  return sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}

/** E5M2 is the upper half of a float16's bits. */
const decodeFloat8E5M2 = (bits: number): number => decodeFloat16(bits << 8);

const byteTable = (decode: (bits: number) => number): Float32Array => Float32Array.from({ length: 256 }, (_, bits) => decode(bits));
const float8E4M3 = byteTable(decodeFloat8E4M3);
const float8E5M2 = byteTable(decodeFloat8E5M2);

/** A bfloat16 is the upper half of a float32's bits. */
function decodeBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i] << 16;
  return new Float32Array(bits.buffer);
}

/**
 * Return the numbers of an array as float32, whatever it is stored in; F32 gives its own data back, not a copy.
 * F16, BF16, F8, BOOL and the 8 and 16 bit integers are exact, the others rounded to float32.
 */
export function toFloat32(array: NamedArray): Float32Array {
  switch (array.dtype) {
    case 'F32':
      return array.data;
    case 'F16':
      return decodeFloat16s(array.data);
    case 'BF16':
      return decodeBfloat16(array.data);
    case 'F8_E4M3':
      return Float32Array.from(array.data, (bits) => float8E4M3[bits]);
    case 'F8_E5M2':
      return Float32Array.from(array.data, (bits) => float8E5M2[bits]);
    case 'I64':
    case 'U64':
      return Float32Array.from(array.data as ArrayLike<bigint>, Number);
    default:
      return Float32Array.from(array.data);
  }
}

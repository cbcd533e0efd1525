import { CheckpointError } from './checkpoint-error.js';
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

/** A bfloat16 is the upper half of a float32's bits. */
function decodeBfloat16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i] << 16;
  return new Float32Array(bits.buffer);
}

/**
 * The numbers of an array as float32, whatever it is stored in; F32 gives its own data back, not a copy.
 * F16, BF16, BOOL and the 8 and 16 bit integers are exact, the others rounded to float32.
 */
export function toFloat32(array: NamedArray): Float32Array {
  switch (array.dtype) {
    case 'F32':
      return array.data;
    case 'F16':
      return Float32Array.from(array.data, decodeFloat16);
    case 'BF16':
      return decodeBfloat16(array.data);
    case 'I64':
    case 'U64':
      return Float32Array.from(array.data as ArrayLike<bigint>, Number);
    default:
      return Float32Array.from(array.data);
  }
}

const MIN_NORMAL = 2 ** -14;
/** From here on rounding leaves half precision, whose largest number is 65504. */
const TOO_LARGE = 65520;

/** The 16 bits nearest to a number, ties to the even one; what is too large becomes infinite. */
export function encodeFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= TOO_LARGE) return sign | 0x7c00;
  if (size < MIN_NORMAL) return sign | roundToEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // The leading bit of the significand adds one to the exponent's field, as does rounding up to the next power of two.
  return sign | (((exponent + 14) << 10) + roundToEven(size * 2 ** (10 - exponent)));
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/**
 * The numbers of an array in half the memory of float32, rounded to 11 significant bits.
 * @throws CheckpointError (unsupported) where a number is finite and half precision has no room for it; `name` is the array's.
 */
export function toFloat16(array: NamedArray, name: string): NamedArray<'F16'> {
  const values = toFloat32(array);
  const data = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) >= TOO_LARGE && Number.isFinite(values[i]))
      throw new CheckpointError('unsupported', `${name}: ${values[i]} is beyond half precision, which ends at 65504; keep float32`);
    data[i] = encodeFloat16(values[i]);
  }
  return { dtype: 'F16', shape: array.shape, data };
}

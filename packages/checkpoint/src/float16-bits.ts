const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Round a float32 to the bits of the nearest float16, ties to even; beyond 65504 it becomes infinity. */
export function float16Bits(value: number): number {
  float[0] = value;
  const [word] = bits;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 the spacing is 2^-24; adding 0.5 rounds to it.
  if (magnitude < 0x38800000) {
    float[0] = Math.abs(value) + 0.5;
    return sign | (bits[0] - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Round float32 numbers to float16. @throws RangeError for one beyond float16's range. */
export function toFloat16(name: string, values: Float32Array): Uint16Array {
  const halves = Uint16Array.from(values, float16Bits);
  const at = halves.findIndex((half) => (half & 0x7c00) === 0x7c00);
  if (at >= 0) throw new RangeError(`'${name}' holds ${values[at]}, which is beyond float16; write it in float32`);
  return halves;
}

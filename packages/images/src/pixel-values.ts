/** Value of each byte as networks take it, in float32: byte / 127.5 − 1, in [-1, 1]. */
export const valueOfByte: Float32Array = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/** Return the bytes of images as network input in [-1, 1]. `toBytes` is its inverse. */
export const toValues = (bytes: Uint8Array): Float32Array => Float32Array.from(bytes, (byte) => valueOfByte[byte]);

/**
 * Return network output as bytes: round((x + 1) · 127.5), values outside [-1, 1] clamped.
 * @throws RangeError at a NaN, which is a network that diverged and not a colour.
 */
export function toBytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) throw new RangeError(`toBytes: value ${i} is NaN`);
    bytes[i] = Math.round(Math.min(Math.max((value + 1) * 127.5, 0), 255));
  }
  return bytes;
}

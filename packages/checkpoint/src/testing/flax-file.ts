/** A value that stands for an extension type of msgpack. */
class Extension {
  constructor(
    readonly type: number,
    readonly data: Uint8Array,
  ) {}
}

type Value = null | boolean | number | bigint | string | Uint8Array | Extension | readonly Value[] | { readonly [key: string]: Value };

const big = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 255n));

/** A length in the narrowest of these widths that it fits; the heads of the widths follow one another. */
function sized(length: number, head: number, widths: readonly number[]): number[] {
  const index = widths.findIndex((bytes) => length < 256 ** bytes);
  return [head + index, ...big(BigInt(length), widths[index])];
}

function number(value: number | bigint): number[] {
  if (typeof value === 'number' && !Number.isInteger(value)) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    return [0xcb, ...bytes];
  }
  const whole = BigInt(value);
  if (whole >= 0n && whole < 128n) return [Number(whole)];
  if (whole < 0n && whole >= -32n) return [Number(whole) + 256];
  const widths = whole < 0n ? [0xd0, 0xd1, 0xd2, 0xd3] : [0xcc, 0xcd, 0xce, 0xcf];
  const width = [1, 2, 4, 8].findIndex((bytes) => (whole < 0n ? whole >= -(2n ** BigInt(8 * bytes - 1)) : whole < 2n ** BigInt(8 * bytes)));
  return [widths[width], ...big(whole, 2 ** width)];
}

function encode(value: Value): number[] {
  if (value === null) return [0xc0];
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2];
  if (typeof value === 'number' || typeof value === 'bigint') return number(value);
  if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    return [...(bytes.length < 32 ? [0xa0 + bytes.length] : sized(bytes.length, 0xd9, [1, 2, 4])), ...bytes];
  }
  if (value instanceof Uint8Array) return [...sized(value.length, 0xc4, [1, 2, 4]), ...value];
  if (value instanceof Extension) return [...sized(value.data.length, 0xc7, [1, 2, 4]), value.type, ...value.data];
  if (Array.isArray(value)) {
    const head = value.length < 16 ? [0x90 + value.length] : sized(value.length, 0xdc, [2, 4]);
    return [...head, ...value.flatMap(encode)];
  }
  const entries = Object.entries(value as Readonly<Record<string, Value>>);
  const head = entries.length < 16 ? [0x80 + entries.length] : sized(entries.length, 0xde, [2, 4]);
  return [...head, ...entries.flatMap(([key, item]) => [...encode(key), ...encode(item)])];
}

/** A small value as msgpack. */
export const msgpack = (value: Value): Uint8Array => Uint8Array.from(encode(value));

/** An array as flax writes it: extension 1 (3 for a single number) around shape, element type and bytes. */
export const flaxArray = (shape: readonly number[], dtype: string, data: ArrayBufferView, type = 1): Extension =>
  new Extension(type, msgpack([shape, dtype, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]));

/** An array that flax cut into chunks, each a flat array. */
export const flaxChunks = (shape: readonly number[], chunks: readonly Value[]): Value => ({
  __msgpack_chunked_array__: true,
  shape: Object.fromEntries(shape.map((size, i) => [String(i), size])),
  chunks: Object.fromEntries(chunks.map((chunk, i) => [String(i), chunk])),
});

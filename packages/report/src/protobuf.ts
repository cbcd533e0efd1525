/** An encoded field of a protocol buffer message; a message is the concatenation of its fields. */
export type Field = Uint8Array;

/** Return the parts one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Encode a whole number in [0, 2^53) as a varint: seven bits a byte, the lowest first, the highest bit set on all but the last. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.of(...bytes, rest);
}

const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const field = (number: number, type: number, ...content: readonly Uint8Array[]): Field =>
  concatBytes(varint(number * 8 + type), ...content);

/** Return `size` bytes that `write` has filled through a DataView. */
export function littleEndian(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Encode a whole number in [0, 2^53). */
export const intField = (number: number, value: number): Field => field(number, wireType.varint, varint(value));

/** Encode a float64. */
export const doubleField = (number: number, value: number): Field =>
  field(
    number,
    wireType.fixed64,
    littleEndian(8, (view) => view.setFloat64(0, value, true)),
  );

/** Encode a float32. */
export const floatField = (number: number, value: number): Field =>
  field(
    number,
    wireType.fixed32,
    littleEndian(4, (view) => view.setFloat32(0, value, true)),
  );

/** Encode bytes, or text as UTF-8. */
export function bytesField(number: number, content: string | Uint8Array): Field {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return field(number, wireType.bytes, varint(bytes.length), bytes);
}

/** Encode a nested message. */
export const messageField = (number: number, ...fields: readonly Field[]): Field => bytesField(number, concatBytes(...fields));

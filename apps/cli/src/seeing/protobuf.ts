/** One field of a protocol buffer's message; a message is its fields one after the other. */
export type Field = Buffer;

/** Seven bits a byte, the lowest first; all but the last have the highest bit set. `value` is a whole number in [0, 2^53). */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const field = (number: number, type: number, ...content: readonly Buffer[]): Field =>
  Buffer.concat([varint(number * 8 + type), ...content]);

export const intField = (number: number, value: number): Field => field(number, wire.varint, varint(value));

export function doubleField(number: number, value: number): Field {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return field(number, wire.fixed64, bytes);
}

export function floatField(number: number, value: number): Field {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return field(number, wire.fixed32, bytes);
}

/** A text or bytes. */
export function bytesField(number: number, content: string | Uint8Array): Field {
  const bytes = Buffer.from(content as Uint8Array);
  return field(number, wire.bytes, varint(bytes.length), bytes);
}

/** A message within a message. */
export const messageField = (number: number, ...fields: readonly Field[]): Field => bytesField(number, Buffer.concat(fields));

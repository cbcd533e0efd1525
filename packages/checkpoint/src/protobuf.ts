import { joinPieces } from './joined-pieces.js';

/**
 * Bytes of an encoded field or message: at hand, or made piece by piece when they are written. Messages of gigabytes are written without ever being
 * in memory, which libraries for Protocol Buffers do not do.
 */
export type Encoded = Uint8Array | { readonly length: number; readonly pieces: () => Iterable<Uint8Array> };

/** Go through the bytes of something encoded. */
export const piecesOf = (encoded: Encoded): Iterable<Uint8Array> => (encoded instanceof Uint8Array ? [encoded] : encoded.pieces());

/** Join encoded parts; neighbours that are at hand become one piece. */
export function join(parts: readonly Uint8Array[]): Uint8Array;
export function join(parts: readonly Encoded[]): Encoded;
export function join(parts: readonly Encoded[]): Encoded {
  const merged: Encoded[] = [];
  let near: Uint8Array[] = [];
  const flush = () => {
    if (near.length > 0) merged.push(joinPieces({ size: lengthOf(near), pieces: near }));
    near = [];
  };
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      near.push(part);
      continue;
    }
    flush();
    merged.push(part);
  }
  flush();
  if (merged.length <= 1) return merged[0] ?? new Uint8Array(0);
  return {
    length: lengthOf(merged),
    *pieces() {
      for (const part of merged) yield* piecesOf(part);
    },
  };
}

const lengthOf = (parts: readonly Encoded[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** Encode a whole number in [0, 2^53): seven bits a byte, the lowest first, the highest bit set on all but the last. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const key = (number: number, type: number): number[] => varint(number * 8 + type);

/** Return `size` bytes that `write` has filled through a DataView. */
export function littleEndian(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Encode a whole number in [0, 2^53). */
export const intField = (number: number, value: number): Uint8Array => Uint8Array.from([...key(number, wireType.varint), ...varint(value)]);

/** Encode a float64. */
export const doubleField = (number: number, value: number): Uint8Array =>
  Uint8Array.of(...key(number, wireType.fixed64), ...littleEndian(8, (view) => view.setFloat64(0, value, true)));

/** Encode a float32. */
export const floatField = (number: number, value: number): Uint8Array =>
  Uint8Array.of(...key(number, wireType.fixed32), ...littleEndian(4, (view) => view.setFloat32(0, value, true)));

/** Encode bytes, or text as UTF-8. */
export function bytesField(number: number, content: string | Uint8Array): Uint8Array;
export function bytesField(number: number, content: string | Encoded): Encoded;
export function bytesField(number: number, content: string | Encoded): Encoded {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return join([Uint8Array.from([...key(number, wireType.bytes), ...varint(bytes.length)]), bytes]);
}

/** Encode a nested message. */
export function messageField(number: number, ...fields: readonly Uint8Array[]): Uint8Array;
export function messageField(number: number, ...fields: readonly Encoded[]): Encoded;
export function messageField(number: number, ...fields: readonly Encoded[]): Encoded {
  return bytesField(number, join(fields));
}

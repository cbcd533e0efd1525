/**
 * Bytes of an encoded field or message: at hand, or made piece by piece when they are written. Messages of gigabytes are written without ever being
 * in memory, which libraries for Protocol Buffers do not do.
 */
export type Encoded = Uint8Array | { readonly length: number; readonly pieces: () => Iterable<Uint8Array> };

/** Go through the bytes of something encoded. */
export const piecesOf = (encoded: Encoded): Iterable<Uint8Array> => (encoded instanceof Uint8Array ? [encoded] : encoded.pieces());

/** Join encoded parts; neighbours that are at hand become one piece. */
export function join(parts: readonly Encoded[]): Encoded {
  const merged: Encoded[] = [];
  let near: Uint8Array[] = [];
  const flush = () => {
    if (near.length > 0) merged.push(concat(near));
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
  if (merged.length === 1) return merged[0];
  const length = merged.reduce((sum, part) => sum + part.length, 0);
  return {
    length,
    *pieces() {
      for (const part of merged) yield* piecesOf(part);
    },
  };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Encode a whole number in [0, 2^53): seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** Encode a whole number in [0, 2^53). */
export const intField = (number: number, value: number): Encoded => Uint8Array.from([...varint(number * 8), ...varint(value)]);

/** Encode a float32. */
export function floatField(number: number, value: number): Encoded {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat([Uint8Array.from(varint(number * 8 + 5)), bytes]);
}

/** Encode bytes, or text as UTF-8. */
export function bytesField(number: number, content: string | Encoded): Encoded {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return join([Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

/** Encode a nested message. */
export const messageField = (number: number, ...fields: readonly Encoded[]): Encoded => bytesField(number, join(fields));

import type { Fail } from './checkpoint-error.js';

/** Bytes that can be read at any place: a buffer, a file, or a part of either. */
export type ByteSource = {
  readonly size: number;
  /** Return the bytes from `begin` to `end` (0 ≤ begin ≤ end ≤ size), a view where they are in memory. */
  readonly read: (begin: number, end: number) => Uint8Array;
  /** All of the bytes, where they are in memory anyway. */
  readonly bytes?: Uint8Array;
  /** Place of the first byte in the source that this is a part of. Default: it is no part of another, 0. */
  readonly begin?: number;
};

/** Longest piece, in bytes, that is read at once of what is only passed through. */
const PIECE_BYTES = 2 ** 22;

/** Turn bytes in memory into a source; give a source back as it is. */
export function sourceOf(input: Uint8Array | ByteSource): ByteSource {
  if (!(input instanceof Uint8Array)) return input;
  return { size: input.length, read: (begin, end) => input.subarray(begin, end), bytes: input };
}

/** Take the bytes from `begin` to `end` as a source of their own. */
export function partOf({ read, bytes, begin: outer = 0 }: ByteSource, begin: number, end: number): ByteSource {
  if (bytes) return sourceOf(bytes.subarray(begin, end));
  return { size: end - begin, begin: outer + begin, read: (from, to) => read(begin + from, begin + to) };
}

/** Read a source from its beginning to its end in pieces of at most 4 MB. */
export function* piecesOf({ size, read }: ByteSource): Generator<Uint8Array> {
  for (let at = 0; at < size; at += PIECE_BYTES) yield read(at, Math.min(size, at + PIECE_BYTES));
}

/** Read all of a source that must be small. @throws CheckpointError of kind 'too-large' beyond `limit` bytes. */
export function readSmall({ size, read }: ByteSource, limit: number, what: string, fail: Fail): Uint8Array {
  if (size > limit) throw fail('too-large', `${what} takes ${size} bytes, at most ${limit} are read`);
  return read(0, size);
}

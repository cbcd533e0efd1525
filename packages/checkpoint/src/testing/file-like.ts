import type { ByteSource } from '../byte-source.js';

/** A source that gives copies, as a file does, and remembers how much was asked for at once at most. */
export function fileLike(bytes: Uint8Array): ByteSource & { readonly largestRead: () => number } {
  let largest = 0;
  const read = (begin: number, end: number): Uint8Array => {
    if (!(begin >= 0 && begin <= end && end <= bytes.length)) throw new RangeError(`bytes ${begin} to ${end} of ${bytes.length}`);
    largest = Math.max(largest, end - begin);
    return new Uint8Array(bytes.subarray(begin, end));
  };
  return { size: bytes.length, read, largestRead: () => largest };
}

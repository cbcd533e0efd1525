import { type ByteSource, partOf, sourceOf } from './byte-source.js';
import type { Fail } from './checkpoint-error.js';

/** Bytes of a file that are kept at hand for the small reads. */
const WINDOW_BYTES = 2 ** 18;

/** Read numbers and byte ranges one after another; whatever would end behind the last byte is refused before it is looked at. */
export class ByteCursor {
  readonly source: ByteSource;
  #window: DataView<ArrayBufferLike>;
  #windowStart = 0;

  /** `littleEndian` is the order of all numbers; `at` is the next byte to be read. */
  constructor(
    input: Uint8Array | ByteSource,
    readonly fail: Fail,
    readonly littleEndian: boolean,
    public at = 0,
  ) {
    this.source = sourceOf(input);
    this.#window = viewOf(this.source.bytes ?? new Uint8Array(0));
  }

  get remaining(): number {
    return this.source.size - this.at;
  }

  /** Return the next `count` bytes, or as many as are left, without passing over them. */
  peek(count: number): Uint8Array {
    return this.#bytesAt(this.at, Math.min(count, this.remaining));
  }

  /** Pass over `count` bytes and gives where they began. @throws CheckpointError of kind 'truncated' */
  skip(count: number): number {
    if (count > this.remaining) {
      throw this.fail(
        'truncated',
        `${count} bytes are promised at byte ${this.at}, ${this.remaining} are left; was the file copied whole?`,
      );
    }
    const start = this.at;
    this.at += count;
    return start;
  }

  /** The next `count` bytes as a view. @throws CheckpointError of kind 'truncated' */
  take(count: number): Uint8Array {
    return this.#bytesAt(this.skip(count), count);
  }

  /** Take the next `count` bytes as a source, unread where they are not in memory. @throws CheckpointError of kind 'truncated' */
  takeSource(count: number): ByteSource {
    const start = this.skip(count);
    return partOf(this.source, start, start + count);
  }

  #bytesAt(start: number, count: number): Uint8Array {
    if (count > WINDOW_BYTES && !this.source.bytes) return this.source.read(start, start + count);
    const { buffer, byteOffset } = this.#load(start, count);
    return new Uint8Array(buffer, byteOffset + start - this.#windowStart, count);
  }

  /** Bring `count` bytes from `start` on into the window. */
  #load(start: number, count: number): DataView<ArrayBufferLike> {
    const isThere = start >= this.#windowStart && start + count <= this.#windowStart + this.#window.byteLength;
    if (!isThere) {
      this.#window = viewOf(this.source.read(start, Math.min(this.source.size, start + Math.max(count, WINDOW_BYTES))));
      this.#windowStart = start;
    }
    return this.#window;
  }

  /** Pass over a number of `count` bytes; return the window that holds it and where it begins there. */
  #number(count: number): { view: DataView<ArrayBufferLike>; at: number } {
    const start = this.skip(count);
    const view = this.#load(start, count);
    return { view, at: start - this.#windowStart };
  }

  uint8(): number {
    const { view, at } = this.#number(1);
    return view.getUint8(at);
  }

  uint16(): number {
    const { view, at } = this.#number(2);
    return view.getUint16(at, this.littleEndian);
  }

  uint32(): number {
    const { view, at } = this.#number(4);
    return view.getUint32(at, this.littleEndian);
  }

  uint64(): bigint {
    const { view, at } = this.#number(8);
    return view.getBigUint64(at, this.littleEndian);
  }

  int8(): number {
    const { view, at } = this.#number(1);
    return view.getInt8(at);
  }

  int16(): number {
    const { view, at } = this.#number(2);
    return view.getInt16(at, this.littleEndian);
  }

  int32(): number {
    const { view, at } = this.#number(4);
    return view.getInt32(at, this.littleEndian);
  }

  int64(): bigint {
    const { view, at } = this.#number(8);
    return view.getBigInt64(at, this.littleEndian);
  }

  float32(): number {
    const { view, at } = this.#number(4);
    return view.getFloat32(at, this.littleEndian);
  }

  float64(): number {
    const { view, at } = this.#number(8);
    return view.getFloat64(at, this.littleEndian);
  }

  /** A length of eight bytes; one beyond the file is refused by whoever takes that many, as an exact number or not. */
  length64(): number {
    return Number(this.uint64());
  }
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView<ArrayBufferLike> => new DataView(buffer, byteOffset, length);

/** A whole number as JavaScript has it: a number where it is exact, else a bigint. */
export const wholeNumber = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of a file. @throws CheckpointError of kind 'too-large' beyond `limit` bytes, 'invalid-content' when it is no UTF-8. */
export function decodeText(bytes: Uint8Array, limit: number, fail: Fail): string {
  if (bytes.length > limit) throw fail('too-large', `a text of ${bytes.length} bytes, at most ${limit} are read`);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw fail('invalid-content', 'a text is not valid UTF-8', cause);
  }
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

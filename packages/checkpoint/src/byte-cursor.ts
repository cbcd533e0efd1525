import type { Fail } from './checkpoint-error.js';

/** Reads numbers and byte ranges one after another; whatever would end behind the last byte is refused before it is looked at. */
export class ByteCursor {
  readonly #view: DataView;

  /** `littleEndian` is the order of all numbers; `at` is the next byte to be read. */
  constructor(
    readonly bytes: Uint8Array,
    readonly fail: Fail,
    readonly littleEndian: boolean,
    public at = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  /** Passes over `count` bytes and gives where they began. @throws CheckpointError of kind 'truncated' */
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
    const start = this.skip(count);
    return this.bytes.subarray(start, start + count);
  }

  uint8(): number {
    return this.bytes[this.skip(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), this.littleEndian);
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4), this.littleEndian);
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.skip(8), this.littleEndian);
  }

  int8(): number {
    return this.#view.getInt8(this.skip(1));
  }

  int16(): number {
    return this.#view.getInt16(this.skip(2), this.littleEndian);
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), this.littleEndian);
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.skip(8), this.littleEndian);
  }

  float32(): number {
    return this.#view.getFloat32(this.skip(4), this.littleEndian);
  }

  float64(): number {
    return this.#view.getFloat64(this.skip(8), this.littleEndian);
  }

  /** A length of eight bytes; one beyond the file is refused by whoever takes that many, as an exact number or not. */
  length64(): number {
    return Number(this.uint64());
  }
}

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

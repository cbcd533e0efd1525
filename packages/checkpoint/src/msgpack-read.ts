import { ByteCursor, decodeText, wholeNumber } from './byte-cursor.js';
import type { ByteSource } from './byte-source.js';
import { type Fail, quote } from './checkpoint-error.js';
import { cost, type ReadBudget } from './read-budget.js';

/** Value of a msgpack; maps have texts as keys, and a value of an extension type is what `extension` made of its bytes. */
export type MsgpackValue<E> = null | boolean | number | bigint | string | ByteSource | readonly MsgpackValue<E>[] | MsgpackMap<E> | E;
export type MsgpackMap<E> = ReadonlyMap<string, MsgpackValue<E>>;

export type MsgpackOptions<E> = {
  /** Meaning of an extension type. */
  readonly extension: (type: number, data: ByteSource, fail: Fail) => E;
  readonly budget: ReadBudget;
};

const MAX_TEXT = 2 ** 20;
const MAX_DEPTH = 64;

/**
 * Read one msgpack value that takes all of `input`; binary data stays there. Nothing is made from a count that the bytes present do not cover; a key that occurs
 * twice in a map is refused, and so is a map whose keys are not texts.
 * @throws CheckpointError that names the byte.
 */
export function readMsgpack<E>(input: Uint8Array | ByteSource, options: MsgpackOptions<E>, fail: Fail): MsgpackValue<E> {
  const reader = new MsgpackReader(input, options, fail);
  const root = reader.value();
  reader.finish();
  return root;
}

class MsgpackReader<E> {
  readonly cursor: ByteCursor;
  readonly #options: MsgpackOptions<E>;
  readonly #fail: Fail;
  #valueAt = 0;
  #depth = 0;

  constructor(input: Uint8Array | ByteSource, options: MsgpackOptions<E>, fail: Fail) {
    this.#fail = (kind, message, cause) => fail(kind, `msgpack, byte ${this.#valueAt}: ${message}`, cause);
    this.#options = options;
    this.cursor = new ByteCursor(input, this.#fail, false);
  }

  value(): MsgpackValue<E> {
    this.#valueAt = this.cursor.at;
    if (++this.#depth > MAX_DEPTH) throw this.#fail('too-large', `values nest deeper than ${MAX_DEPTH} levels`);
    this.#options.budget.step(this.#fail);
    this.#spend(cost.number);
    const value = this.#valueOf(this.cursor.uint8());
    this.#depth--;
    return value;
  }

  finish(): void {
    if (this.cursor.remaining > 0) throw this.#fail('trailing-bytes', `${this.cursor.remaining} bytes follow the value`);
  }

  #valueOf(head: number): MsgpackValue<E> {
    if (head < 0x80) return head;
    if (head < 0x90) return this.map(head & 0x0f);
    if (head < 0xa0) return this.list(head & 0x0f);
    if (head < 0xc0) return this.text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    const read = kinds.get(head);
    if (!read) throw this.#fail('invalid-content', '0xc1 begins no value');
    return read(this as MsgpackReader<unknown>) as MsgpackValue<E>;
  }

  text(length: number): string {
    const bytes = this.cursor.take(length);
    this.#spend(cost.text(length));
    return decodeText(bytes, MAX_TEXT, this.#fail);
  }

  binary(length: number): ByteSource {
    this.#spend(cost.view);
    return this.cursor.takeSource(length);
  }

  extension(length: number): E {
    this.#spend(cost.view);
    const type = this.cursor.int8();
    return this.#options.extension(type, this.cursor.takeSource(length), this.#fail);
  }

  list(count: number): MsgpackValue<E>[] {
    this.#requirePresent(count);
    this.#spend(cost.items(count));
    const items: MsgpackValue<E>[] = [];
    for (let i = 0; i < count; i++) items.push(this.value());
    return items;
  }

  map(count: number): MsgpackMap<E> {
    this.#requirePresent(2 * count);
    this.#spend(cost.map + cost.entry * count);
    const entries = new Map<string, MsgpackValue<E>>();
    for (let i = 0; i < count; i++) {
      const key = this.value();
      if (typeof key !== 'string') throw this.#fail('unsupported', 'a key of a map is not a text');
      if (entries.has(key)) throw this.#fail('duplicate-name', `the key ${quote(key)} occurs twice in a map`);
      entries.set(key, this.value());
    }
    return entries;
  }

  /** Each value takes at least one byte. */
  #requirePresent(count: number): void {
    if (count > this.cursor.remaining)
      throw this.#fail('truncated', `${count} values are promised, ${this.cursor.remaining} bytes are left; was the file copied whole?`);
  }

  #spend(bytes: number): void {
    this.#options.budget.spend(bytes, this.#fail);
  }
}

/** Reader of what follows each first byte that does not hold its value itself. */
const kinds: ReadonlyMap<number, (reader: MsgpackReader<unknown>) => unknown> = new Map([
  [0xc0, () => null],
  [0xc2, () => false],
  [0xc3, () => true],
  [0xc4, (r) => r.binary(r.cursor.uint8())],
  [0xc5, (r) => r.binary(r.cursor.uint16())],
  [0xc6, (r) => r.binary(r.cursor.uint32())],
  [0xc7, (r) => r.extension(r.cursor.uint8())],
  [0xc8, (r) => r.extension(r.cursor.uint16())],
  [0xc9, (r) => r.extension(r.cursor.uint32())],
  [0xca, (r) => r.cursor.float32()],
  [0xcb, (r) => r.cursor.float64()],
  [0xcc, (r) => r.cursor.uint8()],
  [0xcd, (r) => r.cursor.uint16()],
  [0xce, (r) => r.cursor.uint32()],
  [0xcf, (r) => wholeNumber(r.cursor.uint64())],
  [0xd0, (r) => r.cursor.int8()],
  [0xd1, (r) => r.cursor.int16()],
  [0xd2, (r) => r.cursor.int32()],
  [0xd3, (r) => wholeNumber(r.cursor.int64())],
  [0xd4, (r) => r.extension(1)],
  [0xd5, (r) => r.extension(2)],
  [0xd6, (r) => r.extension(4)],
  [0xd7, (r) => r.extension(8)],
  [0xd8, (r) => r.extension(16)],
  [0xd9, (r) => r.text(r.cursor.uint8())],
  [0xda, (r) => r.text(r.cursor.uint16())],
  [0xdb, (r) => r.text(r.cursor.uint32())],
  [0xdc, (r) => r.list(r.cursor.uint16())],
  [0xdd, (r) => r.list(r.cursor.uint32())],
  [0xde, (r) => r.map(r.cursor.uint16())],
  [0xdf, (r) => r.map(r.cursor.uint32())],
] satisfies [number, (reader: MsgpackReader<unknown>) => unknown][]);

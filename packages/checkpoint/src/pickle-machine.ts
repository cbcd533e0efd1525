import { ByteCursor, decodeText, isUtf8 } from './byte-cursor.js';
import type { ByteSource } from './byte-source.js';
import { CheckpointError, type CheckpointErrorKind, type Fail, quote } from './checkpoint-error.js';
import {
  describeValue,
  isDict,
  PickleBytes,
  PickleCallable,
  type PickleDict,
  type PickleGlobals,
  PickleObject,
  PickleTuple,
  PickleUnknown,
  type PickleValue,
} from './pickle-values.js';
import { cost, type ReadBudget } from './read-budget.js';

const MAX_STACK = 100_000;
const MAX_MEMO = 1_000_000;
const MAX_TEXT = 2 ** 20;
/** Longest line of the textual opcodes: a module, a name, a number. */
const MAX_LINE = 1024;
/** Bytes of a value from which on it stays in its file, where that is not in memory. */
const LARGE_BYTES = 2 ** 16;
/** Largest length of an integer in bytes; the longest in any checkpoint is the magic number of torch, 10 bytes. */
const MAX_INTEGER_BYTES = 32;

export type PickleOptions = {
  readonly globals: PickleGlobals;
  /** Resolver of persistent ids; without it a pickle may not hold any. */
  readonly persistent?: (id: PickleValue, fail: Fail) => PickleValue;
  /** Strings of Python 2 are bytes, and so they stay where they are too long for a text or no UTF-8. Without this such a string is an error. */
  readonly byteStrings?: boolean;
  /** Longest text, in bytes; protocols below 3 write an array's content as one. Default: 1 MB. */
  readonly maxText?: number;
  /** True to pass over names that are not in `globals` as a `PickleUnknown`. Default: an error. */
  readonly keepUnknown?: boolean;
  readonly budget: ReadBudget;
};

/** The state of reading one pickle: the next byte, stack, marks and memo. Each opcode is a few of these steps. */
export class PickleMachine {
  readonly cursor: ByteCursor;
  /** An error that says where the pickle stands. */
  readonly fail: Fail;
  readonly #options: PickleOptions;
  readonly #stack: PickleValue[] = [];
  /** Height of the stack at each open MARK. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  /** Name and place of the opcode that runs, for messages. */
  opcode = '';
  opcodeAt = 0;

  constructor(bytes: Uint8Array | ByteSource, start: number, options: PickleOptions, fail: Fail) {
    this.fail = (kind: CheckpointErrorKind, message: string, cause?: unknown) =>
      fail(kind, `pickle, byte ${this.opcodeAt} (${this.opcode}): ${message}`, cause);
    this.cursor = new ByteCursor(bytes, this.fail, true, start);
    this.#options = options;
  }

  spend(bytes: number): void {
    this.#options.budget.spend(bytes, this.fail);
  }

  push(value: PickleValue, bytes: number = cost.slot): void {
    this.spend(bytes);
    if (this.#stack.length >= MAX_STACK) throw this.fail('too-large', `more than ${MAX_STACK} values at once`);
    this.#stack.push(value);
  }

  /** Take the topmost value; not one below the last MARK. */
  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.fail('invalid-content', 'the stack is empty');
    return this.#stack.pop()!;
  }

  /** The topmost value, left where it is. */
  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    this.spend(cost.slot);
    if (this.#marks.length >= MAX_STACK) throw this.fail('too-large', `more than ${MAX_STACK} marks at once`);
    this.#marks.push(this.#stack.length);
  }

  /** Take everything above the last MARK, and the MARK. */
  popToMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.fail('invalid-content', 'there is no MARK before it');
    return this.#stack.splice(mark);
  }

  /** POP takes a MARK where that is what lies on top. */
  popMarkOrValue(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  memoize(index: number = this.#memo.size): void {
    this.spend(cost.entry);
    if (this.#memo.size >= MAX_MEMO) throw this.fail('too-large', `more than ${MAX_MEMO} remembered values`);
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.fail('invalid-content', `nothing was remembered as ${index}`);
    this.push(value);
  }

  /** A line of text, as the textual opcodes have them. */
  line(): string {
    return decodeText(this.lineBytes(MAX_LINE), MAX_LINE, this.fail);
  }

  /** The bytes of a text that is a line. */
  textLine(): Uint8Array {
    return this.lineBytes(this.#options.maxText ?? MAX_LINE);
  }

  lineBytes(limit: number): Uint8Array {
    const { cursor } = this;
    const end = cursor.peek(limit + 1).indexOf(0x0a);
    if (end < 0 && cursor.remaining > limit) throw this.fail('too-large', `a line of more than ${limit} bytes`);
    const text = cursor.take(end < 0 ? cursor.remaining + 1 : end);
    cursor.skip(1);
    return text;
  }

  pushText(length: number): void {
    const bytes = this.cursor.take(length);
    this.push(decodeText(bytes, this.#options.maxText ?? MAX_TEXT, this.fail), cost.text(length));
  }

  /** A string of Python 2. */
  pushByteString(length: number): void {
    if (this.#options.byteStrings && (length > MAX_TEXT || !isUtf8(this.cursor.peek(length)))) this.pushBytes(length);
    else this.pushText(length);
  }

  /** A string of Python 2 whose bytes are the code points of `text`: a text where they are UTF-8. */
  pushLatin1(text: string): void {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    const isText = isUtf8(bytes) && bytes.length <= MAX_TEXT;
    if (!isText && !this.#options.byteStrings) throw this.fail('invalid-content', 'a text is not valid UTF-8');
    this.push(isText ? decodeText(bytes, MAX_TEXT, this.fail) : bytes, cost.text(bytes.length));
  }

  pushBytes(length: number): void {
    const stays = length > LARGE_BYTES && !this.cursor.source.bytes;
    this.push(stays ? new PickleBytes(this.cursor.takeSource(length)) : this.cursor.take(length), cost.view);
  }

  /** A two's complement integer of any length, least significant byte first. */
  integer(length: number): bigint {
    if (length > MAX_INTEGER_BYTES) throw this.fail('too-large', `an integer of ${length} bytes, at most ${MAX_INTEGER_BYTES} are read`);
    let value = 0n;
    for (const byte of this.cursor.take(length).toReversed()) value = (value << 8n) | BigInt(byte);
    return length === 0 ? 0n : BigInt.asIntN(8 * length, value);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.fail('invalid-content', 'a global is named by two texts');
    const known = this.#options.globals.get(`${module} ${name}`);
    const meaning = known ?? (this.#options.keepUnknown ? new PickleUnknown(`${module}.${name}`.slice(0, 200)) : undefined);
    if (meaning === undefined) {
      throw this.fail(
        'forbidden',
        `asks for ${quote(`${module}.${name}`)}, which no checkpoint needs; nothing was run; save numbers only, such as model.state_dict()`,
      );
    }
    this.push(meaning, known === undefined ? cost.map : cost.slot);
  }

  /** Applies a global to a tuple of arguments: functions of ours only. */
  reduce(by: 'function' | 'class'): void {
    const args = this.pop();
    const callee = this.pop();
    if (callee instanceof PickleUnknown) {
      this.push(new PickleUnknown(callee.label), cost.map);
      return;
    }
    if (!(callee instanceof PickleCallable) || (by === 'class' && callee.kind !== 'class'))
      throw this.fail('forbidden', `applies ${describeValue(callee)}, which is not something to be applied; nothing was run`);
    if (!(args instanceof PickleTuple)) throw this.fail('invalid-content', `arguments are a tuple, got ${describeValue(args)}`);
    this.push(this.#apply(callee, args.items), cost.object);
  }

  #apply(callee: PickleCallable, args: readonly PickleValue[]): PickleValue {
    try {
      return callee.apply(args, { fail: this.fail, budget: this.#options.budget });
    } catch (error) {
      const isUnread = this.#options.keepUnknown && error instanceof CheckpointError && error.kind === 'unsupported';
      if (isUnread) return new PickleUnknown(callee.label);
      throw error;
    }
  }

  /** Give an object its state. A dictionary's own attributes (`_metadata` of a state dict) are no part of its content. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof PickleObject) target.build(state, { fail: this.fail, budget: this.#options.budget });
    else if (!isDict(target)) throw this.fail('invalid-content', `${describeValue(target)} takes no state`);
  }

  persistent(id: PickleValue): void {
    if (!this.#options.persistent) throw this.fail('forbidden', 'refers to something outside of this file');
    this.push(this.#options.persistent(id, this.fail), cost.object);
  }

  /** Values behind a list, a set or a dictionary go into it. */
  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (list instanceof PickleUnknown) return;
    if (!Array.isArray(list)) throw this.fail('invalid-content', `expected a list, got ${describeValue(list)}`);
    this.spend(cost.slot * values.length);
    for (const value of values) list.push(value);
  }

  addItems(values: readonly PickleValue[]): void {
    const set = this.top();
    if (set instanceof PickleUnknown) return;
    if (!(set instanceof Set)) throw this.fail('invalid-content', `expected a set, got ${describeValue(set)}`);
    this.spend(cost.entry * values.length);
    for (const value of values) set.add(value);
  }

  setItems(pairs: readonly PickleValue[]): void {
    const dict = this.top();
    if (dict instanceof PickleUnknown) return;
    if (!isDict(dict)) throw this.fail('invalid-content', `expected a dict, got ${describeValue(dict)}`);
    this.fillDict(dict, pairs);
  }

  /** Keys and values in turn. A key that is there already would hide a value: refused. */
  fillDict(dict: PickleDict, pairs: readonly PickleValue[]): void {
    if (pairs.length % 2 !== 0) throw this.fail('invalid-content', 'a key has no value');
    this.spend((cost.entry * pairs.length) / 2);
    for (let i = 0; i < pairs.length; i += 2) setOnce(dict, this.#keyOf(pairs[i], dict), pairs[i + 1], this.fail);
  }

  /** A key as text where it is bytes; where unknown things are passed over, one that is neither text nor number becomes a name for itself. */
  #keyOf(key: PickleValue, dict: PickleDict): PickleValue {
    if (key instanceof Uint8Array && key.length <= MAX_LINE && isUtf8(key)) return decodeText(key, MAX_LINE, this.fail);
    const isPlain = typeof key !== 'object' || key === null;
    return isPlain || !this.#options.keepUnknown ? key : `(${describeValue(key)}, key ${dict.size})`;
  }
}

/** Put a value into a dictionary under a key that is text or a number, and new. */
export function setOnce(dict: PickleDict, key: PickleValue, value: PickleValue, fail: Fail): void {
  if (typeof key === 'object' && key !== null)
    throw fail('unsupported', `a key of a dict is ${describeValue(key)}; we read texts and numbers`);
  if (dict.has(key)) throw fail('duplicate-name', `the key ${quote(String(key))} occurs twice in a dict`);
  dict.set(key, value);
}

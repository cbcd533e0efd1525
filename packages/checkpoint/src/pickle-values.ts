import { type ByteSource, sourceOf } from './byte-source.js';
import type { Fail } from './checkpoint-error.js';
import type { ReadBudget } from './read-budget.js';

/** Value in a pickle: None is null, a list an array, a dictionary a Map. A dictionary's keys are text, numbers, booleans or null. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleSet
  | PickleObject;

export type PickleDict = Map<PickleValue, PickleValue>;
type PickleSet = Set<PickleValue>;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Neither number, text nor container: what an allowed global stands for, or what came of applying one. */
export abstract class PickleObject {
  /** Name in error messages. */
  abstract readonly label: string;

  /** Action of the opcode BUILD: take the state that the writer gave to the object. Most objects take none. */
  build(_state: PickleValue, { fail }: PickleContext): void {
    throw fail('forbidden', `${this.label} takes no state`);
  }
}

/**
 * Something of a class or function that is not on our lists, kept as its name: nothing of it is looked up or run. What it was applied to is gone; a
 * dict that it was given as state stays, since the tensors of a network that was saved whole hang on that.
 */
export class PickleUnknown extends PickleObject {
  state: PickleDict = new Map();

  constructor(readonly label: string) {
    super();
  }

  override build(state: PickleValue): void {
    const [dict] = state instanceof PickleTuple ? state.items : [state];
    if (isDict(dict)) this.state = dict;
  }
}

/** Bytes of a pickle that stay in its file until they are needed. */
export class PickleBytes extends PickleObject {
  readonly label: string;

  constructor(readonly content: ByteSource) {
    super();
    this.label = `${content.size} bytes`;
  }
}

/** The bytes that a value is, in memory or not; undefined for any other value. */
export const bytesOf = (value: PickleValue | undefined): ByteSource | undefined =>
  value instanceof Uint8Array ? sourceOf(value) : value instanceof PickleBytes ? value.content : undefined;

/** Context of a function that a pickle names; `fail` reports the position in the file. */
export type PickleContext = { readonly fail: Fail; readonly budget: ReadBudget };

/** The meaning of a global that a pickle may apply to arguments: always a function of ours, which makes data. */
export class PickleCallable extends PickleObject {
  constructor(
    readonly label: string,
    /** A class can be applied by NEWOBJ too. */
    readonly kind: 'function' | 'class',
    readonly apply: (args: readonly PickleValue[], context: PickleContext) => PickleValue,
  ) {
    super();
  }
}

/** Every global that a pickle may name, as `module name`, and what it means. What is not here is refused. */
export type PickleGlobals = ReadonlyMap<string, PickleValue>;

export const isDict = (value: PickleValue | undefined): value is PickleDict => value instanceof Map;

/** A non-negative integer that a double holds exactly: sizes, strides, offsets. */
export const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** A value as messages name it, without its content. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (value instanceof PickleObject) return value.label;
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof Map) return 'a dict';
  if (value instanceof Set) return 'a set';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'string' ? 'a text' : `the ${typeof value} ${String(value).slice(0, 40)}`;
}

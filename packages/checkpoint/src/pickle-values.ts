import type { Fail } from './checkpoint-error.js';
import type { ReadBudget } from './read-budget.js';

/** What a pickle may hold: None is null, a list an array, a dictionary a Map. A dictionary's keys are text, numbers, booleans or null. */
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
export type PickleSet = Set<PickleValue>;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Neither number, text nor container: what an allowed global stands for, or what came of applying one. */
export abstract class PickleObject {
  /** How messages call it. */
  abstract readonly label: string;

  /** What the opcode BUILD does: takes the state that the writer gave to the object. Most things take none. */
  build(_state: PickleValue, { fail }: PickleContext): void {
    throw fail('forbidden', `${this.label} takes no state`);
  }
}

/** What functions of ours need to know of the pickle that names them; `fail` says where it stands. */
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

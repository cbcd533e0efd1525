import { type Fail, quote } from './checkpoint-error.js';
import type { NamedArray } from './named-array.js';
import { cost, type ReadBudget } from './read-budget.js';
import { MAX_NAME_LENGTH, MAX_TENSORS } from './safetensors-read.js';

/** Data as a file of another program holds it; a dictionary is a Map whose keys have become text. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | NamedArray
  | readonly PlainValue[]
  | PlainMap
  | PlainObject;
export type PlainMap = ReadonlyMap<string, PlainValue>;

/** An object of the writing program, by the name of its class and what it held. Its code, if the file had it, is not kept. */
export class PlainObject {
  constructor(
    readonly className: string,
    readonly attributes: PlainMap,
  ) {}
}

/** Content of a file: all of it as a value, its arrays by their path, and by path what of it was passed over (a class that is not known here). */
export type PlainContent = {
  readonly value: PlainValue;
  readonly tensors: Map<string, NamedArray>;
  readonly passedOver: ReadonlyMap<string, string>;
};

const MAX_DEPTH = 64;

/**
 * Build plain values from the top down. What is shared in the file appears at each of its places here, so the places are paid for from
 * the budget of the file; the depth is limited, and with it what holds itself.
 */
export class PlainBuilder {
  readonly tensors = new Map<string, NamedArray>();
  readonly passedOver = new Map<string, string>();
  #depth = 0;

  constructor(
    readonly separator: string,
    readonly budget: ReadBudget,
    readonly fail: Fail,
  ) {}

  join(path: string, key: string): string {
    return path === '' ? key : `${path}${this.separator}${key}`;
  }

  /** Run `build` one level deeper. @throws CheckpointError of kind 'too-large' */
  at<T>(path: string, build: () => T): T {
    this.budget.step(this.fail);
    this.budget.spend(cost.entry, this.fail);
    if (++this.#depth > MAX_DEPTH) throw this.fail('too-large', `values nest deeper than ${MAX_DEPTH} levels, or hold themselves`);
    if (path.length > MAX_NAME_LENGTH)
      throw this.fail('invalid-name', `the name ${quote(path)} has more than ${MAX_NAME_LENGTH} characters`);
    const built = build();
    this.#depth--;
    return built;
  }

  /** Pay for a list or a map that is about to be made. */
  container(): void {
    this.budget.spend(cost.map, this.fail);
  }

  /** Note that the value at a path is not read. */
  passOver(path: string, what: string): void {
    this.budget.spend(cost.entry, this.fail);
    this.passedOver.set(path, what);
  }

  /** Keep an array under its path. @throws CheckpointError of kind 'duplicate-name' when another one has the same. */
  tensor(path: string, array: NamedArray): NamedArray {
    if (this.tensors.has(path)) throw this.fail('duplicate-name', `two tensors are called ${quote(path)}`);
    if (this.tensors.size >= MAX_TENSORS) throw this.fail('too-large', `more than ${MAX_TENSORS} tensors`);
    this.budget.spend(cost.view, this.fail);
    this.tensors.set(path, array);
    return array;
  }
}

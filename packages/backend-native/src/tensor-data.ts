import type { DataId } from '@tensorflow/tfjs-core';
import { NotCompilable } from '@tract/tensor';
import type { Floats } from './float-memory.js';

/** A buffer whose parts are leaves of one tree. */
export type Store<B> = { readonly flat: DataId; readonly buffer: B; readonly leaves: number };

/** Record of a float32 tensor in pooled memory, and the store that it is a leaf of. */
export class PooledData<B> {
  readonly dtype = 'float32';
  refCount = 1;
  store?: Store<B>;

  constructor(
    readonly buffer: B,
    private readonly place: Floats,
  ) {}

  get floats(): Float32Array {
    return this.place.floats;
  }

  get values(): Float32Array {
    return this.place.values;
  }
}

/** Record of a tensor without memory, which stands for a value of the program being traced. */
export class SymbolicData {
  readonly dtype = 'float32';
  refCount = 1;

  constructor(readonly value: number) {}

  get values(): never {
    throw new NotCompilable('numbers of a tensor are read while the function runs');
  }
}

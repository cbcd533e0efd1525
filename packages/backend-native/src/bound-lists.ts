import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Addon, BoundBuffers } from './addon.js';

/** What is asked of the backend. */
type Host = {
  floats(x: TensorInfo): Float32Array;
  exclusive(x: TensorInfo): boolean;
  /** What the backend knows of the tensor's data, where `bound` makes it tell of changes. */
  record(x: TensorInfo): { bound?: true };
};

/** A list of tensors as the addon knows it. */
export type Bound = {
  /** Stands for the memory of all. */
  readonly handle: BoundBuffers;
  readonly arrays: readonly Float32Array[];
  readonly records: ReadonlySet<object>;
  /** Whether all may be overwritten: nobody else looks into their memory. */
  readonly exclusive: boolean;
  readonly changes: number;
};

/**
 * Lists of tensors that are given to kernels in each step of a training, such as the parameters of a network: the addon looks up their memory once. With a
 * small batch the caches hold other things by the next step, and going through some hundred tensors, each in a handful of objects, takes longer than many a kernel.
 */
export class BoundLists {
  private readonly known = new WeakMap<readonly TensorInfo[], Bound>();
  private changes = 0;

  constructor(
    private readonly host: Host,
    private readonly bind: Addon['bind'],
  ) {}

  /** To be told when bound data goes, or gets another reader. */
  changed(): void {
    this.changes++;
  }

  /** The list must be frozen. */
  of(list: readonly TensorInfo[]): Bound {
    const { host, changes } = this;
    const known = this.known.get(list);
    if (known?.changes === changes) return known;
    const records = new Set(list.map((x) => host.record(x)));
    const arrays = list.map((x) => host.floats(x));
    const exclusive = records.size === list.length && list.every((x) => host.exclusive(x));
    const same = known?.arrays.every((array, i) => array === arrays[i]);
    for (const record of records) record.bound = true;
    const bound = { handle: known && same ? known.handle : this.bind(arrays), arrays, records, exclusive, changes };
    this.known.set(list, bound);
    return bound;
  }
}

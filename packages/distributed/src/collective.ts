/**
 * How a sum over ranks is taken. `fast`: the library's own, in an order that depends on it and on the number of ranks. `ordered`: as a balanced tree over
 * shards, which every library and number of ranks rounds alike. `bf16`: with 16 bits of each number on the wire, float32 sums, and a relative error of
 * at most 2^-8 of each rank's number and of the sum.
 */
export type SumMode = 'fast' | 'ordered' | 'bf16';

export type SumOptions = {
  /** Default: fast. */
  readonly mode?: SumMode;
  /** Leaves of the tree of an ordered sum; rank r has those of `shareOf(shards, r, size)`. Default: one for each rank. */
  readonly shards?: number;
  /** Sums over the nodes of this rank (`nodesOfShare`), in their order. Default: the array itself, of the only node. */
  readonly parts?: readonly Float32Array[];
};

/**
 * The processes of one run, which are called ranks. Every rank makes the same calls in the same order; what is handed over may not be touched until its promise is
 * settled. A rank that does not answer for the time limit ends the run.
 */
export type Collective = {
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /** Number of this rank among those of its host, such as that of its graphics card, and how many those are. */
  readonly localRank: number;
  readonly localSize: number;
  /** Threads that this rank can keep busy: the cores it may run on, divided by the ranks that may run there too. */
  readonly cores: number;
  /** The library that connects the ranks, with its version; `single` for one process. */
  readonly library: string;
  /** Sum an array over all ranks, in place. */
  readonly allReduceSum: (x: Float32Array, options?: SumOptions) => Promise<void>;
  /** Copy the bytes of rank `root` to all others. Default: rank 0. */
  readonly broadcast: (x: ArrayBufferView, root?: number) => Promise<void>;
  readonly barrier: () => Promise<void>;
  /** Combine 32 bits of each rank by `or`. */
  readonly agree: (flags: number) => Promise<number>;
  /** End all ranks at once with this exit code, after a sentence on stderr; an empty one says nothing. */
  readonly abort: (code: number, why: string) => never;
  /** Part from the other ranks, once all have come here. Nothing may be called afterwards. */
  readonly close: () => Promise<void>;
};

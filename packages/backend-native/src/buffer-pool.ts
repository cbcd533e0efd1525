/** What the pool holds now, and what it did since it was made. */
export type PoolStatistics = {
  /** Buffers and bytes in use by tensors. */
  readonly usedBuffers: number;
  readonly usedBytes: number;
  /** Buffers and bytes waiting to be used again. */
  readonly idleBuffers: number;
  readonly idleBytes: number;
  /** Largest sum of used and idle bytes so far. */
  readonly peakBytes: number;
  /** How often memory was asked for, and how often none of that size was idle. */
  readonly requests: number;
  readonly allocations: number;
};

/** A stretch of memory: whole as it was allocated, or one of the two parts of a larger one. */
type Block = {
  readonly buffer: ArrayBuffer;
  readonly parent?: Block;
  /** The two parts of each split so far, by the bytes of the first: new ArrayBuffers cost time, and the engine's garbage collector runs more often for them. */
  readonly splits: Map<number, Parts>;
  /** The split in force while the block is not whole. */
  parts?: Parts;
  users: number;
  idle: boolean;
  /** The request at which it became idle. */
  since: number;
};

type Parts = readonly [Block, Block];

/** Where the pool's memory comes from. */
export type Memory = {
  allocate(bytes: number): ArrayBuffer;
  /** An ArrayBuffer over some of the memory of another, which must outlive it. */
  part(of: ArrayBuffer, offset: number, bytes: number): ArrayBuffer;
};

const ALIGNMENT = 64;
// Below this nothing is split: small requests come in thousands, and one of them would keep a large block from becoming whole again.
const SMALLEST_PART = 2 ** 15;
// An idle buffer that so many requests have passed by is let go; looked at every SWEEP requests. A training step asks some thousand times.
const PATIENCE = 50_000;
const SWEEP = 4096;
// Splits that a block remembers; a training step repeats a few, other work need not leave its own behind for ever.
const SPLITS = 64;

const roundUp = (bytes: number): number => Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);

/**
 * Recycles memory. The users of a buffer are counted, because several tensors may look into one (slices do); the last one to leave makes
 * it idle. A request takes the smallest idle block that serves and leaves the rest of it; parts that are idle together become whole again,
 * so that gradients fit where activations were. Buffers that the pool did not allocate are ignored. Recycled memory is dirty.
 */
export class BufferPool {
  private readonly idle = new Map<number, Block[]>();
  // Weak, so that the memory of a tensor that nobody disposed can still be collected.
  private readonly blocks = new WeakMap<ArrayBufferLike, Block>();
  private readonly counts = { usedBuffers: 0, usedBytes: 0, idleBuffers: 0, idleBytes: 0, peakBytes: 0, requests: 0, allocations: 0 };

  constructor(private readonly memory: Memory) {}

  /** A buffer of at least so many bytes, without users yet. */
  take(bytes: number): ArrayBuffer {
    const wanted = roundUp(bytes);
    const { counts } = this;
    if (++counts.requests % SWEEP === 0) this.sweep(counts.requests - PATIENCE);
    const { buffer } = this.reuse(wanted) ?? this.fresh(wanted);
    counts.usedBuffers++;
    counts.usedBytes += buffer.byteLength;
    counts.peakBytes = Math.max(counts.peakBytes, counts.usedBytes + counts.idleBytes);
    return buffer;
  }

  owns(buffer: ArrayBufferLike): boolean {
    return this.blocks.has(buffer);
  }

  /** How many tensors look into the buffer; 0 for one that is not the pool's. */
  usersOf(buffer: ArrayBufferLike): number {
    return this.blocks.get(buffer)?.users ?? 0;
  }

  retain(buffer: ArrayBufferLike): void {
    const block = this.blocks.get(buffer);
    if (block !== undefined) block.users++;
  }

  release(buffer: ArrayBufferLike): void {
    const block = this.blocks.get(buffer);
    if (block === undefined || --block.users > 0) return;
    this.counts.usedBuffers--;
    this.counts.usedBytes -= buffer.byteLength;
    this.park(this.joined(block));
  }

  /** Lets go of all idle memory; the garbage collector returns it to the system. */
  trim(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  statistics(): PoolStatistics {
    return { ...this.counts };
  }

  private fresh(bytes: number): Block {
    this.counts.allocations++;
    return this.known(this.memory.allocate(bytes));
  }

  private known(buffer: ArrayBuffer, parent?: Block): Block {
    const block: Block = { buffer, parent, splits: new Map(), users: 0, idle: false, since: 0 };
    this.blocks.set(buffer, block);
    return block;
  }

  /** The smallest idle block that serves, or as much of it as is wanted. Small requests take blocks up to twice as large, whole. */
  private reuse(wanted: number): Block | undefined {
    const parts = wanted >= SMALLEST_PART;
    let size = this.idle.has(wanted) ? wanted : Number.POSITIVE_INFINITY;
    if (size > wanted) {
      for (const other of this.idle.keys()) if (other > wanted && other < size && (parts || other <= 2 * wanted)) size = other;
    }
    const block = this.idle.get(size)?.at(-1);
    if (block === undefined) return undefined;
    this.unpark(block);
    if (!parts || size - wanted < SMALLEST_PART) return block;
    const [first, rest] = this.split(block, wanted);
    this.park(rest);
    return first;
  }

  private split(block: Block, bytes: number): Parts {
    const { buffer, splits } = block;
    const part = (offset: number, length: number) => this.known(this.memory.part(buffer, offset, length), block);
    const known = splits.get(bytes);
    if (known === undefined && splits.size >= SPLITS) splits.clear();
    block.parts = known ?? [part(0, bytes), part(bytes, buffer.byteLength - bytes)];
    splits.set(bytes, block.parts);
    return block.parts;
  }

  /** The largest block that has become whole by this one's becoming idle. */
  private joined(block: Block): Block {
    const { parent } = block;
    const other = parent?.parts?.find((part) => part !== block);
    if (parent === undefined || !other?.idle) return block;
    this.unpark(other);
    return this.joined(parent);
  }

  private park(block: Block): void {
    const size = block.buffer.byteLength;
    const list = this.idle.get(size);
    if (list === undefined) this.idle.set(size, [block]);
    else list.push(block);
    block.idle = true;
    block.since = this.counts.requests;
    this.counts.idleBuffers++;
    this.counts.idleBytes += size;
  }

  private unpark(block: Block): void {
    const size = block.buffer.byteLength;
    const list = this.idle.get(size)!;
    list.splice(list.lastIndexOf(block), 1);
    if (list.length === 0) this.idle.delete(size);
    block.idle = false;
    this.counts.idleBuffers--;
    this.counts.idleBytes -= size;
  }

  private sweep(before: number): void {
    const old = [...this.idle.values()].flat().filter(({ parent, since }) => parent === undefined && since < before);
    for (const block of old) this.unpark(block);
  }
}

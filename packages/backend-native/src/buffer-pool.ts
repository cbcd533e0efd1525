/** Contents of the pool now, and counts since it was made. */
export type PoolStatistics = {
  /** Buffers and bytes in use by tensors. */
  readonly usedBuffers: number;
  readonly usedBytes: number;
  /** Bytes waiting to be used, again or for the first time. */
  readonly idleBytes: number;
  /** Largest number of used bytes so far. */
  readonly peakBytes: number;
  /** Number of times that memory was asked for, and that none which serves was idle. */
  readonly requests: number;
  readonly allocations: number;
};

/** Memory as it was allocated, and its stretches that were made so far, by `viewKey`. */
type Arena<B> = {
  readonly memory: B;
  readonly views: Map<number, B>;
};

/** A stretch of an arena, between its neighbours. */
type Block<B> = {
  readonly arena: Arena<B>;
  readonly offset: number;
  bytes: number;
  before?: Block<B>;
  after?: Block<B>;
  users: number;
  idle: boolean;
  /** The request at which it became idle. */
  since: number;
};

type Housed<B> = Record<symbol, Block<B> | undefined>;

/** A stretch of memory: an ArrayBuffer, or what stands for one. */
export type Stretch = { readonly byteLength: number };

/** Source of the pool's memory. */
export type Memory<B> = {
  /** @throws Error when there is none. */
  allocate(bytes: number): B;
  /** Some of the memory of another stretch, which must outlive it. */
  part(of: B, offset: number, bytes: number): B;
  /** Gives the system back what it can of a range whose content is not needed; all of a stretch from `allocate` is not used again. */
  discard(of: B, offset: number, bytes: number): void;
};

const ALIGNMENT = 64;
// Smaller requests have arenas of their own: they come in thousands, and would stand between the large ones.
const SMALLEST_PART = 2 ** 15;
// An arena is as large as all before it, within these limits: what is not used yet is address space only, no memory.
const [SMALLEST_ARENA, LARGEST_ARENA] = [2 ** 24, 2 ** 28];
// Idle memory that so many requests have passed by is let go; looked at every SWEEP requests. A training step asks some thousand times.
const PATIENCE = 50_000;
const SWEEP = 4096;
// New stretches cost time, and the engine's garbage collector runs more often for them. A training step asks for the same stretches as the
// one before; other work need not leave its own behind for ever.
const VIEWS = 4096;

const roundUp = (bytes: number): number => Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);

const viewKey = (offset: number, bytes: number): number => (offset / ALIGNMENT) * 2 ** 26 + bytes / ALIGNMENT;

/**
 * Recycles memory. The users of a buffer are counted, because several tensors may look into one (slices do); the last one to leave makes
 * it idle. A request takes the smallest idle stretch that serves and leaves the rest of it; idle neighbours become one, so that gradients
 * fit where activations were. Buffers that the pool did not allocate are ignored. Recycled memory is dirty.
 */
export class BufferPool<B extends Stretch> {
  private readonly idle = new Map<number, Block<B>[]>();
  // Where a buffer of this pool says which block it is. So the memory of a small tensor that nobody disposed can still be collected, as
  // with a WeakMap, which is slower.
  private readonly home = Symbol('block');
  private readonly counts = { usedBuffers: 0, usedBytes: 0, idleBytes: 0, peakBytes: 0, requests: 0, allocations: 0 };

  constructor(private readonly memory: Memory<B>) {}

  /** Take a buffer of at least so many bytes, without users yet. */
  take(bytes: number): B {
    const wanted = roundUp(bytes);
    const { counts } = this;
    if (++counts.requests % SWEEP === 0) this.sweep(counts.requests - PATIENCE);
    const block = this.cut(this.reuse(wanted) ?? this.fresh(wanted), wanted);
    const buffer = this.view(block);
    (buffer as Housed<B>)[this.home] = block;
    counts.usedBuffers++;
    counts.usedBytes += block.bytes;
    counts.peakBytes = Math.max(counts.peakBytes, counts.usedBytes);
    return buffer;
  }

  owns(buffer: B): boolean {
    return this.blockOf(buffer) !== undefined;
  }

  /** Count the tensors that look into the buffer; 0 for one that is not the pool's. */
  usersOf(buffer: B): number {
    return this.blockOf(buffer)?.users ?? 0;
  }

  retain(buffer: B): void {
    const block = this.blockOf(buffer);
    if (block !== undefined) block.users++;
  }

  release(buffer: B): void {
    const block = this.blockOf(buffer);
    if (block === undefined || --block.users > 0) return;
    this.counts.usedBuffers--;
    this.counts.usedBytes -= block.bytes;
    this.park(this.joined(block));
  }

  /** Give all idle memory back to the system. */
  trim(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  statistics(): PoolStatistics {
    return { ...this.counts };
  }

  private blockOf(buffer: B): Block<B> | undefined {
    return (buffer as Housed<B>)[this.home];
  }

  private fresh(wanted: number): Block<B> {
    const { counts } = this;
    // What is idle was too small: once there is a larger piece, smaller requests are cut from that.
    if (wanted >= SMALLEST_ARENA) this.trim();
    const reserved = counts.usedBytes + counts.idleBytes;
    const bytes = wanted < SMALLEST_PART ? wanted : Math.max(wanted, Math.min(Math.max(reserved, SMALLEST_ARENA), LARGEST_ARENA));
    counts.allocations++;
    const memory = this.allocate(bytes, wanted);
    return { arena: { memory, views: new Map() }, offset: 0, bytes: memory.byteLength, users: 0, idle: false, since: 0 };
  }

  /** As much memory as would be good to have, or where there is not so much, what is wanted. */
  private allocate(good: number, wanted: number): B {
    try {
      return this.memory.allocate(good);
    } catch {
      this.trim();
      return this.memory.allocate(wanted);
    }
  }

  /** Take the smallest idle block that serves. Small requests keep to small blocks, of up to twice the size. */
  private reuse(wanted: number): Block<B> | undefined {
    const limit = wanted < SMALLEST_PART ? Math.min(2 * wanted, SMALLEST_PART - 1) : Number.POSITIVE_INFINITY;
    let size = this.idle.has(wanted) ? wanted : Number.POSITIVE_INFINITY;
    if (size > wanted) {
      for (const other of this.idle.keys()) if (other > wanted && other < size && other <= limit) size = other;
    }
    const block = this.idle.get(size)?.at(-1);
    if (block !== undefined) this.unpark(block);
    return block;
  }

  /** Cut as much off the block as is wanted; the rest, if it is worth keeping, becomes idle. */
  private cut(block: Block<B>, wanted: number): Block<B> {
    const left = block.bytes - wanted;
    if (wanted < SMALLEST_PART || left < SMALLEST_PART) return block;
    const { arena, offset, after } = block;
    const rest: Block<B> = { arena, offset: offset + wanted, bytes: left, before: block, after, users: 0, idle: false, since: 0 };
    if (after !== undefined) after.before = rest;
    block.after = rest;
    block.bytes = wanted;
    this.park(rest);
    return block;
  }

  /** Join the block with those of its neighbours that are idle. */
  private joined(block: Block<B>): Block<B> {
    const { before, after } = block;
    if (after?.idle) this.absorb(block, after);
    if (!before?.idle) return block;
    this.unpark(before);
    this.absorb(before, block);
    return before;
  }

  private absorb(block: Block<B>, next: Block<B>): void {
    if (next.idle) this.unpark(next);
    block.bytes += next.bytes;
    block.after = next.after;
    if (next.after !== undefined) next.after.before = block;
  }

  private view({ arena: { memory, views }, offset, bytes }: Block<B>): B {
    if (bytes === memory.byteLength) return memory;
    const key = viewKey(offset, bytes);
    const known = views.get(key);
    if (known !== undefined) return known;
    if (views.size >= VIEWS) views.clear();
    const made = this.memory.part(memory, offset, bytes);
    views.set(key, made);
    return made;
  }

  private park(block: Block<B>): void {
    const list = this.idle.get(block.bytes);
    if (list === undefined) this.idle.set(block.bytes, [block]);
    else list.push(block);
    block.idle = true;
    block.since = this.counts.requests;
    this.counts.idleBytes += block.bytes;
  }

  private unpark(block: Block<B>): void {
    const list = this.idle.get(block.bytes)!;
    list.splice(list.lastIndexOf(block), 1);
    if (list.length === 0) this.idle.delete(block.bytes);
    block.idle = false;
    this.counts.idleBytes -= block.bytes;
  }

  private sweep(before: number): void {
    for (const block of [...this.idle.values()].flat().filter(({ since }) => since < before)) {
      const { arena, offset, bytes } = block;
      this.memory.discard(arena.memory, offset, bytes);
      if (bytes === arena.memory.byteLength) this.unpark(block);
    }
  }
}

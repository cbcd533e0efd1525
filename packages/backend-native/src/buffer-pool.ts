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

type Idle = { readonly buffer: ArrayBuffer; readonly since: number };

const ALIGNMENT = 64;
// An idle buffer that so many requests have passed by is let go; looked at every SWEEP requests. A training step asks some thousand times.
const PATIENCE = 50_000;
const SWEEP = 4096;

const roundUp = (bytes: number): number => Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);

/**
 * Recycles ArrayBuffers of about the same size. The users of a buffer are counted, because several tensors may look into one (slices do); the last
 * one to leave makes it idle. Buffers that the pool did not allocate are ignored. Recycled memory is dirty.
 */
export class BufferPool {
  private readonly idle = new Map<number, Idle[]>();
  // Weak, so that the memory of a tensor that nobody disposed can still be collected.
  private readonly users = new WeakMap<ArrayBufferLike, number>();
  private readonly counts = { usedBuffers: 0, usedBytes: 0, idleBuffers: 0, idleBytes: 0, peakBytes: 0, requests: 0, allocations: 0 };

  constructor(private readonly allocate: (bytes: number) => ArrayBuffer) {}

  /** A buffer of at least so many bytes, without users yet. */
  take(bytes: number): ArrayBuffer {
    const wanted = roundUp(bytes);
    const { counts } = this;
    if (++counts.requests % SWEEP === 0) this.sweep(counts.requests - PATIENCE);
    const buffer = this.reuse(wanted) ?? this.allocate(wanted);
    const size = buffer.byteLength;
    counts.usedBuffers++;
    counts.usedBytes += size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.usedBytes + counts.idleBytes);
    this.users.set(buffer, 0);
    return buffer;
  }

  owns(buffer: ArrayBufferLike): boolean {
    return this.users.has(buffer);
  }

  /** How many tensors look into the buffer; 0 for one that is not the pool's. */
  usersOf(buffer: ArrayBufferLike): number {
    return this.users.get(buffer) ?? 0;
  }

  retain(buffer: ArrayBufferLike): void {
    const users = this.users.get(buffer);
    if (users !== undefined) this.users.set(buffer, users + 1);
  }

  release(buffer: ArrayBufferLike): void {
    const users = this.users.get(buffer);
    if (users === undefined) return;
    this.users.set(buffer, users - 1);
    if (users > 1) return;
    const size = buffer.byteLength;
    const entry = { buffer: buffer as ArrayBuffer, since: this.counts.requests };
    const list = this.idle.get(size);
    if (list === undefined) this.idle.set(size, [entry]);
    else list.push(entry);
    this.counts.usedBuffers--;
    this.counts.usedBytes -= size;
    this.counts.idleBuffers++;
    this.counts.idleBytes += size;
  }

  /** Lets go of all idle memory; the garbage collector returns it to the system. */
  trim(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  statistics(): PoolStatistics {
    return { ...this.counts };
  }

  /** The smallest idle buffer that serves, at most twice as large as asked for: gradients fit where activations were. */
  private reuse(wanted: number): ArrayBuffer | undefined {
    const { counts } = this;
    let size = wanted;
    if (!this.idle.get(wanted)?.length) {
      size = Number.POSITIVE_INFINITY;
      for (const [other, list] of this.idle) if (list.length > 0 && other > wanted && other <= 2 * wanted && other < size) size = other;
    }
    const found = this.idle.get(size)?.pop();
    if (found === undefined) {
      counts.allocations++;
      return undefined;
    }
    counts.idleBuffers--;
    counts.idleBytes -= size;
    return found.buffer;
  }

  private sweep(before: number): void {
    for (const [size, list] of this.idle) {
      const kept = list.filter(({ since }) => since >= before);
      this.counts.idleBuffers -= list.length - kept.length;
      this.counts.idleBytes -= (list.length - kept.length) * size;
      if (kept.length === 0) this.idle.delete(size);
      else this.idle.set(size, kept);
    }
  }
}

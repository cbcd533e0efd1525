/** Where a leaf of a store lies: in which buffer, and from which byte on. */
export type Place = { readonly segment: number; readonly offset: number };

/**
 * Lay leaves of these sizes in bytes one after the other into as few buffers as hold at most `most` bytes each, every leaf at a multiple of `step`: one kernel
 * then goes over many leaves, where a device takes few buffers in one. A leaf beyond `most` has a buffer for itself.
 *
 * @returns a place for each leaf, and the buffers' sizes in bytes.
 */
export function planSegments(
  bytes: readonly number[],
  most: number,
  step: number,
): { readonly places: readonly Place[]; readonly sizes: readonly number[] } {
  const sizes: number[] = [];
  const places = bytes.map((size): Place => {
    const next = sizes.length > 0 ? Math.ceil(sizes[sizes.length - 1] / step) * step : Number.POSITIVE_INFINITY;
    const offset = next + size <= most ? next : 0;
    if (offset === 0) sizes.push(size);
    else sizes[sizes.length - 1] = offset + size;
    return { segment: sizes.length - 1, offset };
  });
  return { places, sizes };
}

/** A buffer of a store. */
export class Segment {
  /** Leaves that have not been disposed. */
  private alive: number;

  /** @param table where its leaves begin and how long they are, in floats: [first, count] of each */
  constructor(
    readonly buffer: GPUBuffer,
    readonly table: GPUBuffer,
    readonly leaves: number,
    private readonly release: () => void,
  ) {
    this.alive = leaves;
  }

  /** Say that a leaf is gone; with the last one goes the buffer. */
  letGo(): void {
    this.alive--;
    if (this.alive === 0) this.release();
  }
}

/** Memory of a leaf, as kernels bind it. */
export class Part implements GPUBufferBinding {
  readonly buffer: GPUBuffer;

  constructor(
    readonly segment: Segment,
    readonly offset: number,
    readonly size: number,
  ) {
    this.buffer = segment.buffer;
  }
}

import type { Memory } from './buffer-pool.js';

/** Floats at a place in memory. */
export type Floats = {
  /** The floats themselves, as kernels read and write them. An allocation may make the array useless to JavaScript: ask again. */
  readonly floats: Float32Array;
  /** What a kernel of the stock backend may read, for as long as it likes. */
  readonly values: Float32Array;
};

/** Memory of a kind of backend; `B` is a stretch of it. */
export type FloatMemory<B> = Memory<B> & {
  at(of: B, offset: number, length: number): Floats;
  /** The stretch that an array from `at` lies in, where arrays tell; undefined for arrays of others. */
  stretchOf(values: Float32Array): B | undefined;
};

/** Memory that is handed out as ArrayBuffers. */
export const arrayMemory = (memory: Memory<ArrayBuffer>): FloatMemory<ArrayBuffer> => ({
  allocate: (bytes) => memory.allocate(bytes),
  part: (of, offset, bytes) => memory.part(of, offset, bytes),
  discard: (of, offset, bytes) => memory.discard(of, offset, bytes),
  at(of, offset, length) {
    const floats = new Float32Array(of, offset, length);
    return { floats, values: floats };
  },
  stretchOf: ({ buffer }) => buffer as ArrayBuffer,
});

/** The C++ side (native/binding.cpp): kernels by index on typed arrays, in the order of buffers and numbers that each kernel documents. */
export type Addon = {
  run(index: number, buffers: readonly (Float32Array | Float64Array | undefined)[], numbers: Float64Array, count: number): void;
  /**
   * Run a list of kernels (native-program.ts) in an arena and on the memory of a program's spaces: once, or for each chunk of a batch. Chunk i uses the part of
   * each space that lies i steps (in floats, one for each space) from its beginning. With as many arenas as threads, chunks run concurrently.
   */
  replay(
    list: Float64Array,
    arenas: readonly Float32Array[],
    spaces: readonly (Float32Array | undefined)[],
    steps?: Float64Array,
    chunks?: number,
  ): void;
  kernelNames(): string[];
  /** What this processor has, best first. */
  instructionSets(): string[];
  /** The best one without a name. @throws Error when the processor lacks it. */
  useInstructionSet(name?: string): string;
  /** Sets the number when it is given; returns the number in force, the calling thread included. */
  threads(count?: number): number;
  /** 64-byte aligned memory of undefined content. */
  allocate(bytes: number): ArrayBuffer;
  /** An ArrayBuffer over some of the memory of one from `allocate`, which must outlive it. */
  part(of: ArrayBuffer, offset: number, bytes: number): ArrayBuffer;
  /** Gives the pages that lie wholly in that range back to the system; the content is undefined afterwards. */
  discard(of: ArrayBuffer, offset: number, bytes: number): void;
};

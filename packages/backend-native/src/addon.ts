/** The C++ side, wherever it is compiled to: kernels by index on typed arrays, laid out by `encode` (kernel-args.ts). */
export type Kernels = {
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
  /** Return the table of kernels that the addon was built from, as text. */
  kernelTable(): string;
  /** Set the number of threads if it is given. Returns the number in force, the calling thread included. */
  threads(count?: number): number;
};

/** The kernels as Node's addon (native/binding.cpp). */
export type Addon = Kernels & {
  /** Return the instruction sets of this processor, best first. */
  instructionSets(): string[];
  /** Return the compiler's name and version. */
  compiler(): string;
  /** Choose an instruction set, the best one without a name. Returns its name. @throws Error when the processor lacks it. */
  useInstructionSet(name?: string): string;
  /** Allocate 64-byte aligned memory of undefined content. */
  allocate(bytes: number): ArrayBuffer;
  /** Make an ArrayBuffer over some of the memory of one from `allocate`, which must outlive it. */
  part(of: ArrayBuffer, offset: number, bytes: number): ArrayBuffer;
  /** Give the pages that lie wholly in that range back to the system; the content is undefined afterwards. */
  discard(of: ArrayBuffer, offset: number, bytes: number): void;
};

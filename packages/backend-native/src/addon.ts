/** Opaque: where many buffers lie. */
export type BoundBuffers = { readonly __boundBuffers: never };

/** The C++ side (native/binding.cpp): kernels by index on typed arrays, in the order of buffers and numbers that each kernel documents. */
export type Addon = {
  run(
    index: number,
    buffers: readonly (Float32Array | Float64Array | BoundBuffers | undefined)[],
    numbers: Float64Array,
    count: number,
  ): void;
  /**
   * Runs a list of kernels (kernel-list.ts) on buffers given by number and on what they hand each other in the room: once, or for each piece of a batch, which
   * uses the part of each buffer that lies a step (in floats, one for each buffer) behind that of the piece before. Where there are as many rooms as threads,
   * pieces run side by side.
   */
  replay(
    list: Float64Array,
    rooms: readonly Float32Array[],
    slots: readonly (Float32Array | BoundBuffers)[],
    steps?: Float64Array,
    pieces?: number,
  ): void;
  /** Looks up the memory of many buffers once: among others it then stands for all of them. They must outlive it. */
  bind(buffers: readonly Float32Array[]): BoundBuffers;
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

/** What the module exports (native/binding.cpp, failure.cpp, threads.cpp); addresses are numbers. */
export type WasmExports = {
  readonly __stack_pointer: WebAssembly.Global;
  _initialize(): void;
  start(): void;
  kernelTable(): number;
  /** 0 where there is no memory. */
  allocate(bytes: number): number;
  release(address: number): void;
  run(index: number, buffers: number, lengths: number, bufferCount: number, numbers: number, numberCount: number): void;
  replay(
    list: number,
    listLength: number,
    buffers: number,
    lengths: number,
    arenas: number,
    spaces: number,
    steps: number,
    chunks: number,
  ): void;
  recover(): number;
  failedKernel(): number;
  failureMessage(): number;
  failedOperand(): number;
  /** Those of the modules with threads. */
  readonly __tls_size?: WebAssembly.Global;
  useThreads?(count: number, callerMayWait: number): void;
};

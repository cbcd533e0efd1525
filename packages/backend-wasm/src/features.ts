/** What this engine can run. */
export type WasmFeatures = {
  readonly simd: boolean;
  /** Multiply-adds that the processor may round once. Not in Safari, nor in Node before 21. */
  readonly relaxedSimd: boolean;
  /** Memory that several threads could use. In a page that is not isolated it cannot be sent to another thread. */
  readonly sharedMemory: boolean;
  /** Whether shared memory can be sent to workers: under Node, and in pages that are isolated (headers COOP and COEP). */
  readonly threads: boolean;
};

/** Whether a module whose only function consists of these instructions is valid here. */
const accepts = (...code: readonly number[]): boolean => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, 4, 1, 0x60, 0, 0]; // one: nothing to nothing
  const functions = [3, 2, 1, 0];
  const body = [0, ...code, 0x0b];
  return WebAssembly.validate(Uint8Array.of(...header, ...types, ...functions, 10, body.length + 2, 1, body.length, ...body));
};

const zeros = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
const drop = 0x1a;

function canShare(): boolean {
  try {
    const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]' && accepts(0xfe, 0x03, 0); // atomic.fence
  } catch {
    return false;
  }
}

/** Whether this is Node, or a runtime that has its modules (Bun, Deno). */
export const underNode: boolean = typeof process !== 'undefined' && typeof process.getBuiltinModule === 'function';

/** Find out what this engine can run, by validating modules of a few bytes. */
export function wasmFeatures(): WasmFeatures {
  if (typeof WebAssembly === 'undefined') return { simd: false, relaxedSimd: false, sharedMemory: false, threads: false };
  const sharedMemory = canShare();
  return {
    simd: accepts(...zeros, drop),
    relaxedSimd: accepts(...zeros, ...zeros, ...zeros, 0xfd, 0x85, 2, drop), // f32x4.relaxed_madd
    sharedMemory,
    threads: sharedMemory && (underNode || globalThis.crossOriginIsolated === true),
  };
}

/** Whether the calling thread may sleep: the main thread of a page may not. */
export const mayWait = (): boolean => underNode || typeof document === 'undefined';

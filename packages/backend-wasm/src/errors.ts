/** WebAssembly, or what the backend needs of it, is not there. */
export class WasmUnavailableError extends Error {
  override readonly name = 'WasmUnavailableError';
}

/** The memory of the WebAssembly module is used up. */
export class WasmMemoryError extends Error {
  override readonly name = 'WasmMemoryError';
}

/** The backend was removed, and is asked to compute. */
export class WasmClosedError extends Error {
  override readonly name = 'WasmClosedError';
}

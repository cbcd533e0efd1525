import type { Kernels } from '@tract/backend-native/portable';
import { WasmClosedError, WasmMemoryError } from './errors.js';
import { mayWait } from './features.js';
import { ThreadPool, type ThreadStart } from './thread-pool.js';
import type { WasmExports } from './wasm-exports.js';
import { type Place, placeOf } from './wasm-memory.js';

type Operand = Float32Array | Float64Array | undefined;

/** Failure of native/failure.h. */
const [argumentsFailure, operandFailure, memoryFailure] = [1, 2, 3];

const stackBytes = 2 ** 20;
const absent: Place = { address: 0, length: 0 };

/** The kernels in an instance of the module, on what lies in its memory. Arrays of JavaScript's are copied in, and out again. */
export class WasmKernels implements Kernels {
  private readonly pool: ThreadPool;
  private threadCount = 1;
  private closed = false;
  /** Memory for the arguments of a call. */
  private desk: Place = absent;

  constructor(
    module: WebAssembly.Module,
    readonly memory: WebAssembly.Memory,
    private readonly exports: WasmExports,
  ) {
    this.pool = new ThreadPool((index): ThreadStart => {
      const stack = this.allocate(stackBytes) + stackBytes;
      return { module, memory, index, stack, locals: this.allocate(exports.__tls_size!.value) };
    });
  }

  /** @throws WasmMemoryError where there is no memory left, WasmClosedError after `close`. */
  allocate(bytes: number): number {
    if (this.closed) throw new WasmClosedError("backend-wasm: the backend was removed; 'await registerWasmBackend()' starts another");
    const address = this.exports.allocate(bytes) >>> 0;
    if (address !== 0) return address;
    const used = Math.round(this.memory.buffer.byteLength / 2 ** 20);
    throw new WasmMemoryError(
      `backend-wasm: out of memory for ${bytes} bytes (${used} MiB in use, of at most 4 GiB); a smaller batch needs less, and --accumulate or microbatches keep the result`,
    );
  }

  release(address: number): void {
    if (!this.closed) this.exports.release(address);
  }

  kernelTable(): string {
    return this.text(this.exports.kernelTable());
  }

  threads(count?: number): number {
    const { useThreads } = this.exports;
    if (count !== undefined && useThreads !== undefined) {
      this.pool.want(count - 1);
      useThreads(count, Number(mayWait()));
      this.threadCount = count;
    }
    return this.threadCount;
  }

  /** Wait for the threads. @throws WasmUnavailableError when one does not start. */
  threadsStarted(): Promise<void> {
    return this.pool.started();
  }

  close(): void {
    this.closed = true;
    this.pool.end();
  }

  run(index: number, buffers: readonly Operand[], numbers: Float64Array, count: number): void {
    this.withPlaces(buffers, (places) => {
      const [addresses, lengths, list] = this.lay(places, [numbers.subarray(0, count)]);
      this.call(() => this.exports.run(index, addresses, lengths, places.length, list, count));
    });
  }

  replay(list: Float64Array, arenas: readonly Operand[], spaces: readonly Operand[], steps?: Float64Array, chunks = 1): void {
    this.withPlaces([...arenas, ...spaces], (places) => {
      const [addresses, lengths, launches, strides] = this.lay(places, steps === undefined ? [list] : [list, steps]);
      const { length } = arenas;
      this.call(() => this.exports.replay(launches, list.length, addresses, lengths, length, spaces.length, strides ?? 0, chunks));
    });
  }

  /** Run work on where arrays lie: those of JavaScript's in memory that they are lent for as long. */
  private withPlaces(arrays: readonly Operand[], work: (places: readonly Place[]) => void): void {
    const lent: { readonly array: Float32Array | Float64Array; readonly address: number }[] = [];
    const places = arrays.map((array) => {
      if (array === undefined) return absent;
      const place = placeOf(array);
      if (place !== undefined) return place;
      const address = this.allocate(array.byteLength);
      lent.push({ array, address });
      return { address, length: array.length };
    });
    const lentArray = ({ array, address }: (typeof lent)[number]) =>
      array instanceof Float32Array
        ? new Float32Array(this.memory.buffer, address, array.length)
        : new Float64Array(this.memory.buffer, address, array.length);
    try {
      for (const loan of lent) lentArray(loan).set(loan.array);
      work(places);
      for (const loan of lent) loan.array.set(lentArray(loan));
    } finally {
      for (const { address } of lent) this.release(address);
    }
  }

  /** Lay arguments on the desk. Returns the addresses of: the places' addresses, their lengths, each list of numbers. */
  private lay(places: readonly Place[], lists: readonly Float64Array[]): number[] {
    const pointerBytes = 8 * Math.ceil(places.length / 2);
    const bytes = lists.reduce((sum, { length }) => sum + 8 * length, 2 * pointerBytes);
    if (bytes > this.desk.length) {
      const address = this.allocate(2 * bytes);
      this.release(this.desk.address);
      this.desk = { address, length: 2 * bytes };
    }
    const { buffer } = this.memory;
    const pointers = new Uint32Array(buffer, this.desk.address, pointerBytes / 2);
    const lengthsAt = pointerBytes / 4;
    for (let i = 0; i < places.length; i++) {
      pointers[i] = places[i].address;
      pointers[lengthsAt + i] = places[i].length;
    }
    const laid = [this.desk.address, this.desk.address + pointerBytes];
    let at = this.desk.address + 2 * pointerBytes;
    for (const list of lists) {
      new Float64Array(buffer, at, list.length).set(list);
      laid.push(at);
      at += 8 * list.length;
    }
    return laid;
  }

  /** Call into the module. What traps there, on any thread, becomes an error. */
  private call(work: () => void): void {
    const { __stack_pointer: stack } = this.exports;
    const top = stack.value;
    try {
      work();
    } catch (trap) {
      stack.value = top;
      throw this.failure(trap as Error);
    }
  }

  private failure(trap: Error): Error {
    const { exports } = this;
    const kind = exports.recover();
    const kernel = this.text(exports.failedKernel());
    if (kind === argumentsFailure) return new Error(`${kernel}: ${this.text(exports.failureMessage())}`);
    if (kind === operandFailure) return new Error(`${kernel}: operand ${exports.failedOperand()} is too small`);
    if (kind === memoryFailure) return new WasmMemoryError(`${kernel}: ${this.text(exports.failureMessage())}; a smaller batch needs less`);
    return new Error(`${kernel}: the module stopped (${trap.message})`, { cause: trap });
  }

  /** Text of C, ASCII alone. */
  private text(address: number): string {
    const bytes = new Uint8Array(this.memory.buffer, address);
    const end = bytes.indexOf(0);
    return String.fromCharCode(...bytes.subarray(0, end));
  }
}

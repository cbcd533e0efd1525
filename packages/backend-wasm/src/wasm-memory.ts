import type { FloatMemory, Floats } from '@tract/backend-native/portable';

/** A stretch of the module's memory. */
export type Region = { readonly address: number; readonly byteLength: number };

/** Where an array of the module's memory lies. */
export type Place = { readonly address: number; readonly length: number };

// An array says itself where it lies, because a growth of the memory takes its own address from it.
const place = Symbol('place');
type Placed = { [place]?: Place };

/** Return where an array lies in the module's memory; undefined for an array of JavaScript's. */
export const placeOf = (array: ArrayBufferView): Place | undefined => (array as Placed)[place];

/** Floats in memory that grows: the array is made again when it has. */
class WasmFloats implements Floats {
  private array: Float32Array;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly place: Place,
  ) {
    this.array = this.look();
  }

  get floats(): Float32Array {
    if (this.array.buffer !== this.memory.buffer) this.array = this.look();
    return this.array;
  }

  /** A copy: stock kernels allocate while they hold an array. */
  get values(): Float32Array {
    return this.floats.slice();
  }

  private look(): Float32Array {
    const array = new Float32Array(this.memory.buffer, this.place.address, this.place.length);
    (array as Placed)[place] = this.place;
    return array;
  }
}

/** What the memory needs of the module. `allocate` throws where there is none left. */
type Heap = { readonly memory: WebAssembly.Memory; allocate(bytes: number): number; release(address: number): void };

/** The module's memory, as the backend's pool takes it. */
export const wasmMemory = (heap: Heap): FloatMemory<Region> => ({
  allocate: (byteLength) => ({ address: heap.allocate(byteLength), byteLength }),
  part: (of, offset, byteLength) => ({ address: of.address + offset, byteLength }),
  discard(of, _, bytes) {
    if (bytes === of.byteLength) heap.release(of.address);
  },
  at: (of, offset, length) => new WasmFloats(heap.memory, { address: of.address + offset, length }),
  stretchOf: () => undefined,
});

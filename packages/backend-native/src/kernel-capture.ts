import type { DataId, TensorInfo } from '@tensorflow/tfjs-core';
import type { Capture, CapturedKernels, Pieces } from '@tract/tensor';
import type { BoundBuffers } from './addon.js';
import { encodeKernels, type KernelList, type Launch, type Place } from './kernel-list.js';
import { planRoom } from './room-plan.js';
import { sizeOf } from './size-of.js';

/** What is asked of the backend. */
type Host = {
  floats(x: TensorInfo): Float32Array;
  output(shape: readonly number[]): TensorInfo;
  disposeData(dataId: DataId): boolean;
  contentKey(x: TensorInfo): number;
  replay(list: Float64Array, room: TensorInfo, tensors: readonly (readonly TensorInfo[])[]): void;
  replayPieces(
    list: Float64Array,
    rooms: readonly TensorInfo[],
    tensors: readonly (readonly TensorInfo[])[],
    how: { readonly steps: Float64Array; readonly pieces: number },
  ): void;
  /** Whether the tensors may be written over, which then is about to happen. */
  rewrite(tensors: readonly TensorInfo[]): boolean;
  readonly pool: { trim(): void };
};

type Part = { readonly launches: Launch[]; shapes: readonly (readonly number[])[] };

/** Told by the backend of its memory and its kernels while a function runs for the first time. */
export class KernelCapture implements Capture {
  recording = false;
  private possible = true;
  private readonly parts: Part[] = [];
  private readonly places = new Map<ArrayBufferLike, Place>();
  private readonly made: Place[] = [];
  private readonly keys = new Map<number, number>();
  private slots = 0;
  private launches = 0;

  constructor(
    private readonly backend: Host,
    private readonly onEnd: () => void,
  ) {}

  begin(inputs: readonly TensorInfo[]): void {
    this.recording = true;
    this.parts.push({ launches: [], shapes: [] });
    for (const input of inputs) {
      const array = this.backend.floats(input);
      // One tensor in two places now may be two tensors the next time.
      if (this.places.has(array.buffer)) this.giveUp();
      this.places.set(array.buffer, { array, floats: array.length, born: this.launches, slot: this.slots++ });
    }
  }

  end(outputs: readonly TensorInfo[]): void {
    this.recording = false;
    this.parts.at(-1)!.shapes = outputs.map(({ shape }) => shape);
    for (const output of outputs) {
      const place = this.placeOf(this.backend.floats(output));
      if (place === undefined || place.slot !== undefined) this.giveUp();
      else place.slot = this.slots++;
    }
  }

  finish(): CapturedKernels | undefined {
    this.abandon();
    if (!this.possible) return undefined;
    const { offsets, total } = planRoom(this.made.filter(({ slot }) => slot === undefined));
    this.backend.pool.trim(); // what this first run took lies in other pieces than the room will
    const lists = this.parts.map(({ launches, shapes }) => ({ shapes, ...encodeKernels(launches, offsets, this.keys) }));
    return new NativeKernels(this.backend, total, lists);
  }

  abandon(): void {
    this.recording = false;
    this.onEnd();
  }

  /** Something happened that a list of kernels does not repeat. */
  giveUp(): void {
    this.possible = false;
  }

  took(array: Float32Array): void {
    const place: Place = { array, floats: array.length, born: this.launches };
    this.places.set(array.buffer, place);
    this.made.push(place);
  }

  /** Also between two parts: what one leaves for the next may go before that comes. */
  freed(buffer: ArrayBufferLike): void {
    const place = this.places.get(buffer);
    if (place === undefined) return;
    place.dies = this.launches;
    this.places.delete(buffer);
  }

  /** A number among those of the next kernel stands for the content of the tensor. */
  keyed(key: number, x: TensorInfo): void {
    const slot = this.placeOf(this.backend.floats(x))?.slot;
    if (slot === undefined) this.giveUp();
    else this.keys.set(key, slot);
  }

  launched(kernel: number, buffers: readonly (Float32Array | BoundBuffers | undefined)[], numbers: readonly number[]): void {
    this.launches++;
    const places = buffers.map((array) => array && this.placeOf(array));
    this.parts.at(-1)!.launches.push({ kernel, places, numbers: [...numbers] });
  }

  /** The capture gives up on memory that it was not told of: a tensor that is not among the inputs may be another one the next time. */
  private placeOf(array: Float32Array | BoundBuffers): Place | undefined {
    const place = array instanceof Float32Array ? this.places.get(array.buffer) : undefined;
    if (array instanceof Float32Array && place?.array.byteOffset === array.byteOffset && place.floats === array.length) return place;
    this.giveUp();
    return undefined;
  }
}

class NativeKernels implements CapturedKernels {
  private steps: Float64Array | undefined;

  constructor(
    private readonly backend: Host,
    readonly floats: number,
    private readonly parts: readonly (KernelList & Pick<Part, 'shapes'>)[],
  ) {}

  room(): TensorInfo {
    return this.backend.output([this.floats]);
  }

  run(part: number, room: TensorInfo, given: readonly (readonly TensorInfo[])[], into?: readonly TensorInfo[]): readonly TensorInfo[] {
    const { backend } = this;
    const { list, keys, shapes } = this.parts[part];
    for (const [at, slot] of keys) list[at] = backend.contentKey(nth(given, slot));
    if (into !== undefined && backend.rewrite(into)) {
      backend.replay(list, room, [...given, into]);
      return into;
    }
    return this.written(shapes, (outputs) => backend.replay(list, room, [...given, outputs]));
  }

  runPieces(rooms: readonly TensorInfo[], { shared, rowed, rows, pieces }: Pieces): readonly TensorInfo[] {
    const { backend } = this;
    const { list, keys, shapes } = this.parts[0];
    // What is worked out from a content may serve all pieces only where they share it.
    for (const [at, slot] of keys) list[at] = slot < shared.length ? backend.contentKey(shared[slot]) : 0;
    // The same for each call: its tensors have the shapes of the first, but for their rows.
    this.steps ??= Float64Array.from([
      ...shared.map(() => 0),
      ...rowed.map(({ shape }) => rows * sizeOf(shape.slice(1))),
      ...shapes.map(sizeOf),
    ]);
    const how = { steps: this.steps, pieces };
    return this.written(
      shapes.map(([, ...row]) => [rows * pieces, ...row]),
      (outputs) => backend.replayPieces(list, rooms, [shared, rowed, outputs], how),
    );
  }

  private written(shapes: readonly (readonly number[])[], work: (outputs: readonly TensorInfo[]) => void): readonly TensorInfo[] {
    const outputs = shapes.map((shape) => this.backend.output(shape));
    try {
      work(outputs);
    } catch (error) {
      for (const { dataId } of outputs) this.backend.disposeData(dataId);
      throw error;
    }
    return outputs;
  }
}

function nth<T>(lists: readonly (readonly T[])[], index: number): T {
  let before = 0;
  for (const list of lists) {
    if (index - before < list.length) return list[index - before];
    before += list.length;
  }
  throw new RangeError(`there is no tensor ${index} among the ${before} given`);
}

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataId, type DataStorage, type DataType, engine, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Capture, CapturingBackend } from '@tract/tensor';
import type { Addon, BoundBuffers } from './addon.js';
import { BoundLists } from './bound-lists.js';
import { BufferPool, type PoolStatistics } from './buffer-pool.js';
import { DataRecords } from './data-records.js';
import { KernelCapture } from './kernel-capture.js';
import { areKernelsObserved } from './kernel-observer.js';
import { sizeOf } from './size-of.js';

type Shape = readonly number[];

/** What the stock backend keeps of a tensor's data, the key under which the addon may know of its content, and whether a bound list has it. */
type Data = (MathBackendCPU['data'] extends DataStorage<infer Stock> ? Stock : never) & { contentKey?: number; bound?: true };

/** The memory behind a tensor's values; undefined for strings and complex numbers. */
function bufferOf(values: backend_util.BackendValues | undefined): ArrayBufferLike | undefined {
  return ArrayBuffer.isView(values) ? values.buffer : undefined;
}

/**
 * The stock CPU backend with two changes: results of native kernels lie in pooled, aligned memory, and `launch` runs a kernel of the
 * addon. The values stay JavaScript typed arrays, so that every stock kernel that is not replaced works on them.
 */
export class NativeBackend extends MathBackendCPU implements CapturingBackend {
  readonly pool: BufferPool;
  declare readonly data: DataRecords<Data>;
  private readonly keyed = new Map<number, Data>();
  private readonly lists: BoundLists;
  // Workers of one process share the addon, so their keys must differ; and no key may be a number that a kernel is given for another reason.
  private nextKey = (1 + Math.floor(Math.random() * 2 ** 20)) * 2 ** 32;
  private current: KernelCapture | undefined;
  private numbers = new Float64Array(64);
  private readonly indices: ReadonlyMap<string, number>;

  constructor(private readonly addon: Addon) {
    super();
    (this as unknown as { firstUse: boolean }).firstUse = false; // or the stock backend prints an advertisement
    this.data = new DataRecords<Data>(this, engine());
    this.pool = new BufferPool(addon);
    const record = ({ dataId }: TensorInfo): Data => this.data.get(dataId);
    this.lists = new BoundLists({ floats: (x) => this.floats(x), exclusive: (x) => this.exclusive(x), record }, addon.bind);
    this.indices = new Map(addon.kernelNames().map((name, index) => [name, index]));
  }

  get capturable(): boolean {
    return this.current === undefined && !areKernelsObserved();
  }

  get sideBySide(): number {
    return this.addon.threads();
  }

  capture(): Capture {
    const capture = new KernelCapture(this, () => {
      if (this.current === capture) this.current = undefined;
    });
    this.current = capture;
    return capture;
  }

  /** To be called where values are read or written by other means than kernels of the addon. */
  hostWorked(): void {
    if (this.current?.recording) this.current.giveUp();
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    this.hostWorked();
    const own = this.adopt(values);
    this.retain(own);
    return super.write(own, shape, dtype);
  }

  override move(dataId: DataId, values: backend_util.BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.retain(values);
    super.move(dataId, values, shape, dtype, refCount);
  }

  override incRef(dataId: DataId): void {
    super.incRef(dataId);
    if (this.data.peek(dataId)?.bound) this.lists.changed();
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const data = this.data.peek(dataId);
    const gone = super.disposeData(dataId, force);
    if (data?.bound) this.lists.changed();
    if (data === undefined || !gone) return gone;
    const buffer = bufferOf(data.values);
    if (buffer !== undefined) {
      this.pool.release(buffer);
      this.current?.freed(buffer);
    }
    this.forget([data]);
    return true;
  }

  /** A copy where the memory is pooled: it would change under the reader's hands once the tensor is gone. */
  override readSync(dataId: DataId): backend_util.BackendValues {
    this.hostWorked();
    const values = super.readSync(dataId);
    const buffer = bufferOf(values);
    return buffer !== undefined && this.pool.owns(buffer) ? (values as Float32Array).slice() : values;
  }

  override memory(): { unreliable: boolean; reasons: string[]; pool: PoolStatistics } {
    return { unreliable: false, reasons: [], pool: this.pool.statistics() };
  }

  override dispose(): void {
    this.run('forgetFilters', [], [...this.keyed.keys()]);
    this.keyed.clear();
    this.pool.trim();
    super.dispose();
  }

  /** The live values of a float32 tensor; a copy where the stock Cast has only renamed a boolean or integer tensor. */
  floats({ dataId }: TensorInfo): Float32Array {
    const { values } = this.data.get(dataId);
    return values instanceof Float32Array ? values : Float32Array.from(values as backend_util.TypedArray);
  }

  /** A float32 tensor of undefined content: whoever asked for it writes every element. */
  output(shape: Shape): TensorInfo {
    const length = sizeOf(shape);
    const buffer = this.pool.take(4 * length);
    this.pool.retain(buffer);
    const values = new Float32Array(buffer, 0, length);
    if (this.current?.recording) this.current.took(values);
    const own = [...shape];
    return { dataId: super.write(values, own, 'float32'), shape: own, dtype: 'float32' };
  }

  /** Whether the tensor may be overwritten: its memory is ours, and nothing else looks into it. */
  exclusive({ dataId }: TensorInfo): boolean {
    const { values, refCount } = this.data.get(dataId);
    return refCount === 1 && values instanceof Float32Array && this.pool.usersOf(values.buffer) === 1;
  }

  /** A number above 0 under which the addon may keep what it works out from the tensor's content. */
  contentKey(x: TensorInfo): number {
    const data = this.data.get(x.dataId);
    if (data.contentKey === undefined) {
      data.contentKey = this.nextKey++;
      this.keyed.set(data.contentKey, data);
    }
    if (this.current?.recording) this.current.keyed(data.contentKey, x);
    return data.contentKey;
  }

  /** To be called before the tensors' memory is written to again. */
  contentsChange(tensors: readonly TensorInfo[]): void {
    this.hostWorked();
    this.forget(tensors.map(({ dataId }) => this.data.get(dataId)));
  }

  /** False where somebody else looks into the memory of one of the tensors. Else they may be written over, which is then expected to happen. */
  rewrite(tensors: readonly TensorInfo[]): boolean {
    if (!Object.isFrozen(tensors)) {
      if (!tensors.every((x) => this.exclusive(x))) return false;
      this.contentsChange(tensors);
      return true;
    }
    const { exclusive, records } = this.lists.of(tensors);
    if (!exclusive) return false;
    this.hostWorked();
    this.forget([...this.keyed.values()].filter((data) => records.has(data)));
    return true;
  }

  /** What stands for the tensors where the addon expects buffers. A frozen list is met again, so the addon gets to know it. */
  buffers(tensors: readonly TensorInfo[]): (Float32Array | BoundBuffers)[] {
    return Object.isFrozen(tensors) ? [this.lists.of(tensors).handle] : tensors.map((x) => this.floats(x));
  }

  /** Runs a kernel of the addon on memory that the caller has laid out. */
  run(kernel: string, buffers: readonly (Float32Array | BoundBuffers | undefined)[], numbers: readonly number[]): void {
    const index = this.indices.get(kernel);
    if (index === undefined) throw new Error(`backend-native: the addon has no kernel '${kernel}'; rebuild it`);
    if (numbers.length > this.numbers.length) this.numbers = new Float64Array(2 * numbers.length);
    for (let i = 0; i < numbers.length; i++) this.numbers[i] = numbers[i];
    this.addon.run(index, buffers, this.numbers, numbers.length);
    if (this.current?.recording) this.current.launched(index, buffers, numbers);
  }

  /** Runs a list of kernels on tensors by their number, counted through the lists, and on what they hand each other in the room. */
  replay(list: Float64Array, room: TensorInfo, tensors: readonly (readonly TensorInfo[])[]): void {
    this.addon.replay(list, [this.floats(room)], this.allBuffers(tensors));
  }

  /** `replay` for each piece of a batch: each has its part of the tensors with a step, which is so many floats. A room is one piece's at a time. */
  replayPieces(
    list: Float64Array,
    rooms: readonly TensorInfo[],
    tensors: readonly (readonly TensorInfo[])[],
    { steps, pieces }: { readonly steps: Float64Array; readonly pieces: number },
  ): void {
    this.addon.replay(
      list,
      rooms.map((room) => this.floats(room)),
      this.allBuffers(tensors),
      steps,
      pieces,
    );
  }

  /** Runs a kernel of the addon whose buffers are the inputs, then fresh outputs of these shapes. */
  launch(
    kernel: string,
    inputs: readonly (TensorInfo | undefined)[],
    shapes: readonly (Shape | undefined)[],
    numbers: readonly number[],
  ): TensorInfo[] {
    const outputs: TensorInfo[] = [];
    const buffers: (Float32Array | undefined)[] = [];
    for (const info of inputs) buffers.push(info && this.floats(info));
    for (const shape of shapes) {
      const info = shape && this.output(shape);
      if (info !== undefined) outputs.push(info);
      buffers.push(info && this.floats(info));
    }
    try {
      this.run(kernel, buffers, numbers);
    } catch (error) {
      for (const { dataId } of outputs) this.disposeData(dataId);
      throw error;
    }
    return outputs;
  }

  /** `launch` for a kernel with one output. */
  launchOne(kernel: string, inputs: readonly (TensorInfo | undefined)[], shape: Shape, numbers: readonly number[]): TensorInfo {
    return this.launch(kernel, inputs, [shape], numbers)[0];
  }

  private allBuffers(tensors: readonly (readonly TensorInfo[])[]): (Float32Array | BoundBuffers)[] {
    return tensors.flatMap((some) => this.buffers(some));
  }

  /** A pooled copy of floats that lie in others' memory: parameters that were uploaded are then updated in place like all others. */
  private adopt(values: backend_util.BackendValues): backend_util.BackendValues {
    if (!(values instanceof Float32Array) || this.pool.owns(values.buffer)) return values;
    const copy = new Float32Array(this.pool.take(values.byteLength), 0, values.length);
    copy.set(values);
    return copy;
  }

  private forget(all: readonly Data[]): void {
    const keys: number[] = [];
    for (const data of all) {
      if (data.contentKey === undefined) continue;
      keys.push(data.contentKey);
      this.keyed.delete(data.contentKey);
      data.contentKey = undefined;
    }
    if (keys.length > 0) this.run('forgetFilters', [], keys);
  }

  private retain(values: backend_util.BackendValues): void {
    const buffer = bufferOf(values);
    if (buffer === undefined) return;
    this.pool.retain(buffer);
    if (this.pool.usersOf(buffer) > 1) this.lists.changed();
  }
}

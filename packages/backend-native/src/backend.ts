import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import type { backend_util, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Addon } from './addon.js';
import { BufferPool, type PoolStatistics } from './buffer-pool.js';

type Shape = readonly number[];

const sizeOf = (shape: Shape): number => shape.reduce((size, length) => size * length, 1);

/** The memory behind a tensor's values; undefined for strings and complex numbers. */
function bufferOf(values: backend_util.BackendValues | undefined): ArrayBufferLike | undefined {
  return ArrayBuffer.isView(values) ? values.buffer : undefined;
}

/**
 * The stock CPU backend with two changes: results of native kernels lie in pooled, aligned memory, and `launch` runs a kernel of the
 * addon. The values stay JavaScript typed arrays, so that every stock kernel that is not replaced works on them.
 */
export class NativeBackend extends MathBackendCPU {
  readonly pool: BufferPool;
  private readonly contentKeys = new Map<DataId, number>();
  // Workers of one process share the addon, so their keys must differ.
  private nextKey = 1 + Math.floor(Math.random() * 2 ** 20) * 2 ** 32;
  private readonly indices: ReadonlyMap<string, number>;

  constructor(private readonly addon: Addon) {
    super();
    (this as unknown as { firstUse: boolean }).firstUse = false; // or the stock backend prints an advertisement
    this.pool = new BufferPool(addon);
    this.indices = new Map(addon.kernelNames().map((name, index) => [name, index]));
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    const own = this.adopt(values);
    this.retain(own);
    return super.write(own, shape, dtype);
  }

  override move(dataId: DataId, values: backend_util.BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    this.retain(values);
    super.move(dataId, values, shape, dtype, refCount);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const buffer = this.data.has(dataId) ? bufferOf(this.data.get(dataId).values) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && buffer !== undefined) this.pool.release(buffer);
    if (gone) this.contentChanges({ dataId });
    return gone;
  }

  /** A copy where the memory is pooled: it would change under the reader's hands once the tensor is gone. */
  override readSync(dataId: DataId): backend_util.BackendValues {
    const values = super.readSync(dataId);
    const buffer = bufferOf(values);
    return buffer !== undefined && this.pool.owns(buffer) ? (values as Float32Array).slice() : values;
  }

  override memory(): { unreliable: boolean; reasons: string[]; pool: PoolStatistics } {
    return { unreliable: false, reasons: [], pool: this.pool.statistics() };
  }

  override dispose(): void {
    for (const dataId of this.contentKeys.keys()) this.contentChanges({ dataId });
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
    return this.makeTensorInfo([...shape], 'float32', new Float32Array(this.pool.take(4 * length), 0, length));
  }

  /** Whether the tensor may be overwritten: its memory is ours, and nothing else looks into it. */
  exclusive(x: TensorInfo): boolean {
    return this.refCount(x.dataId) === 1 && this.pool.usersOf(this.floats(x).buffer) === 1;
  }

  /** A number above 0 under which the addon may keep what it works out from the tensor's content. */
  contentKey({ dataId }: TensorInfo): number {
    const known = this.contentKeys.get(dataId);
    if (known !== undefined) return known;
    const key = this.nextKey++;
    this.contentKeys.set(dataId, key);
    return key;
  }

  /** To be called before the tensor's memory is written to again, or given up. */
  contentChanges({ dataId }: { readonly dataId: DataId }): void {
    const key = this.contentKeys.get(dataId);
    if (key === undefined) return;
    this.run('forgetFilter', [], [key]);
    this.contentKeys.delete(dataId);
  }

  /** Runs a kernel of the addon on memory that the caller has laid out. */
  run(kernel: string, buffers: readonly (Float32Array | undefined)[], numbers: readonly number[]): void {
    const index = this.indices.get(kernel);
    if (index === undefined) throw new Error(`backend-native: the addon has no kernel '${kernel}'; rebuild it`);
    this.addon.run(index, buffers, numbers);
  }

  /** Runs a kernel of the addon whose buffers are the inputs, then fresh outputs of these shapes. */
  launch(
    kernel: string,
    inputs: readonly (TensorInfo | undefined)[],
    shapes: readonly (Shape | undefined)[],
    numbers: readonly number[],
  ): TensorInfo[] {
    const outputs = shapes.map((shape) => (shape === undefined ? undefined : this.output(shape)));
    try {
      this.run(
        kernel,
        [...inputs, ...outputs].map((info) => (info === undefined ? undefined : this.floats(info))),
        numbers,
      );
    } catch (error) {
      for (const info of outputs) if (info !== undefined) this.disposeData(info.dataId);
      throw error;
    }
    return outputs.filter((info) => info !== undefined);
  }

  /** `launch` for a kernel with one output. */
  launchOne(kernel: string, inputs: readonly (TensorInfo | undefined)[], shape: Shape, numbers: readonly number[]): TensorInfo {
    return this.launch(kernel, inputs, [shape], numbers)[0];
  }

  /** A pooled copy of floats that lie in others' memory: parameters that were uploaded are then updated in place like all others. */
  private adopt(values: backend_util.BackendValues): backend_util.BackendValues {
    if (!(values instanceof Float32Array) || this.pool.owns(values.buffer)) return values;
    const copy = new Float32Array(this.pool.take(values.byteLength), 0, values.length);
    copy.set(values);
    return copy;
  }

  private retain(values: backend_util.BackendValues): void {
    const buffer = bufferOf(values);
    if (buffer !== undefined) this.pool.retain(buffer);
  }
}

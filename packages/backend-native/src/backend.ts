import type { backend_util, DataId, DataStorage, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import {
  type Layout,
  type LoadedProgram,
  NotCompilable,
  type Program,
  type ProgramBackend,
  type ProgramBuilder,
  paramSpace,
} from '@tract/tensor';
import { engine } from '@tract/tensor/core';
import { MathBackendCPU } from '#stock-cpu';
import type { Kernels } from './addon.js';
import { BufferPool, type PoolStatistics, type Stretch } from './buffer-pool.js';
import { DataRecords } from './data-records.js';
import type { FloatMemory } from './float-memory.js';
import { callKernel, encode, type KernelArgs, type KernelName, type KernelsWith, runKernel } from './kernel-args.js';
import { areKernelsObserved } from './kernel-observer.js';
import { kernelTraits } from './kernel-traits.js';
import { NativeProgram } from './native-program.js';
import { sizeOf } from './size-of.js';
import { PooledData, type Store, SymbolicData } from './tensor-data.js';

type Shape = readonly number[];

type StockData = MathBackendCPU['data'] extends DataStorage<infer Stock> ? Stock : never;

/** Record of a tensor's data: where float32 values lie, and the stock backend's for all others. */
type Data<B> = StockData | PooledData<B>;

/**
 * Stock CPU backend with three changes: float32 values lie in pooled, aligned memory; `launch` runs a kernel of the
 * addon; and while a function is traced, `launch` adds it to a program instead. To stock kernels values are JavaScript typed arrays, so that every one
 * that is not replaced works on them.
 */
export class NativeBackend<B extends Stretch = ArrayBuffer> extends MathBackendCPU implements ProgramBackend {
  /** 64 MB: twice a common last-level cache, for not all of a workspace is in use at a time. */
  readonly cacheFloats = 2 ** 24;
  readonly kernelTraits = kernelTraits;
  readonly pool: BufferPool<B>;
  declare readonly data: DataRecords<Data<B>>;
  /** Buffers of whose filters the addon may keep a transformed copy. */
  private readonly filterBuffers = new Set<B>();
  private tracing: ProgramBuilder | undefined;

  constructor(
    private readonly addon: Kernels,
    private readonly floatMemory: FloatMemory<B>,
  ) {
    super();
    (this as unknown as { firstUse: boolean }).firstUse = false; // or the stock backend prints an advertisement
    this.data = new DataRecords<Data<B>>(this, engine());
    this.pool = new BufferPool(floatMemory);
  }

  get canCompile(): boolean {
    return this.tracing === undefined && !areKernelsObserved();
  }

  get concurrency(): number {
    return this.addon.threads();
  }

  trace<R>(builder: ProgramBuilder, work: () => R): R {
    this.tracing = builder;
    try {
      return work();
    } finally {
      this.tracing = undefined;
    }
  }

  symbol(value: number, shape: Shape): TensorInfo {
    const dataId = {};
    this.data.set(dataId, new SymbolicData(value));
    return { dataId, shape: [...shape], dtype: 'float32' };
  }

  tracedValue(x?: TensorInfo): number {
    const data = x && this.data.get(x.dataId);
    if (data instanceof SymbolicData) return data.value;
    throw new NotCompilable(`a tensor of shape [${x?.shape}] is used that is neither an input nor made from inputs`);
  }

  load(program: Program): LoadedProgram {
    return new NativeProgram(this, program);
  }

  /** Stop a trace, for a reason. Does nothing outside one. @throws NotCompilable */
  refuseTrace(reason: string): void {
    if (this.tracing !== undefined) throw new NotCompilable(reason);
  }

  allocateStore({ shapes, offsets, floats }: Layout): { flat: TensorInfo; leaves: TensorInfo[] } {
    const buffer = this.pool.take(4 * floats);
    const all = new PooledData(buffer, this.floatMemory.at(buffer, 0, floats));
    all.floats.fill(0);
    const flat = this.hold(all, [floats]);
    const store: Store<B> = { flat: flat.dataId, buffer, leaves: shapes.length };
    all.store = store;
    const leaves = shapes.map((shape, i) => {
      this.pool.retain(buffer);
      const leaf = new PooledData(buffer, this.floatMemory.at(buffer, 4 * offsets[i], sizeOf(shape)));
      leaf.store = store;
      return this.hold(leaf, shape);
    });
    return { flat, leaves };
  }

  isStore({ dataId }: TensorInfo): boolean {
    return this.data.peek(dataId) !== undefined;
  }

  isExclusive({ dataId }: TensorInfo): boolean {
    const { buffer, leaves } = (this.data.get(dataId) as PooledData<B>).store!;
    return this.pool.usersOf(buffer) === leaves;
  }

  willOverwrite({ dataId }: TensorInfo): void {
    const data = this.data.get(dataId);
    if (data instanceof PooledData) this.forgetFilters(data.buffer);
  }

  copyInto(to: TensorInfo, from: TensorInfo): void {
    this.willOverwrite(to);
    this.floats(to).set(this.floats(from));
  }

  addInto(to: TensorInfo, from: TensorInfo): void {
    this.willOverwrite(to);
    const sum = this.floats(to);
    const steps = [0, 0, 1] as const;
    this.run('add', { a: sum, b: this.floats(from), y: sum, lengths: [1, 1, sum.length], aSteps: steps, bSteps: steps });
  }

  clear(x: TensorInfo): void {
    this.willOverwrite(x);
    this.floats(x).fill(0);
  }

  override write(values: backend_util.BackendValues, shape: number[], dtype: DataType): DataId {
    this.refuseTrace('a tensor is made from values while the function runs; pass it as an input');
    if (dtype !== 'float32' || !(values instanceof Float32Array)) return super.write(values, shape, dtype);
    const data = this.adopted(values);
    this.pool.retain(data.buffer);
    return this.hold(data, shape).dataId;
  }

  override move(dataId: DataId, values: backend_util.BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    if (dtype !== 'float32' || !(values instanceof Float32Array)) {
      super.move(dataId, values, shape, dtype, refCount);
      return;
    }
    const data = this.adopted(values);
    data.refCount = refCount;
    for (let i = 0; i < refCount; i++) this.pool.retain(data.buffer);
    this.data.set(dataId, data);
  }

  override incRef(dataId: DataId): void {
    super.incRef(dataId);
    const data = this.data.get(dataId);
    if (data instanceof PooledData) this.pool.retain(data.buffer);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const data = this.data.peek(dataId);
    const references = data?.refCount ?? 0;
    const gone = super.disposeData(dataId, force);
    if (!(data instanceof PooledData)) return gone;
    if (gone && data.store !== undefined) this.data.delete(data.store.flat); // no longer whole
    const { buffer } = data;
    for (let i = 0; i < (gone ? references : 1); i++) this.pool.release(buffer);
    if (gone && this.pool.usersOf(buffer) === 0) this.forgetFilters(buffer);
    return gone;
  }

  /** Return a copy of pooled memory: it would change under the reader's hands once the tensor is gone. */
  override readSync(dataId: DataId): backend_util.BackendValues {
    const data = this.data.get(dataId);
    return data instanceof PooledData ? data.floats.slice() : super.readSync(dataId);
  }

  override memory(): { unreliable: boolean; reasons: string[]; pool: PoolStatistics } {
    return { unreliable: false, reasons: [], pool: this.pool.statistics() };
  }

  override dispose(): void {
    for (const buffer of this.filterBuffers) this.forgetFilters(buffer);
    this.pool.trim();
    super.dispose();
  }

  /** Return the live values of a float32 tensor; a copy where the stock Cast has only renamed a boolean or integer tensor. */
  floats({ dataId }: TensorInfo): Float32Array {
    const data = this.data.get(dataId);
    if (data instanceof PooledData) return data.floats;
    const { values } = data;
    return values instanceof Float32Array ? values : Float32Array.from(values as backend_util.TypedArray);
  }

  /** Make a float32 tensor of undefined content: whoever asked for it writes every element. */
  output(shape: Shape): TensorInfo {
    if (this.tracing !== undefined) return this.symbol(this.tracing.value(shape), shape);
    const length = sizeOf(shape);
    const buffer = this.pool.take(4 * length);
    this.pool.retain(buffer);
    return this.hold(new PooledData(buffer, this.floatMemory.at(buffer, 0, length)), shape);
  }

  /** Return true if the addon may keep what it works out from a filter, by its address; false for a value that changes from run to run of a program. */
  private readonly keepsFilter = (filter: TensorInfo): boolean => {
    if (this.tracing !== undefined) return this.tracing.spaceOf(this.tracedValue(filter)) === paramSpace;
    const data = this.data.get(filter.dataId);
    if (!(data instanceof PooledData)) return false;
    this.filterBuffers.add(data.buffer);
    return true;
  };

  /** Announce that programs use filters of a store. */
  usesFilters({ dataId }: TensorInfo): void {
    const data = this.data.get(dataId);
    if (data instanceof PooledData) this.filterBuffers.add(data.buffer);
  }

  /** Run launches of a program that was encoded for the addon: once, or for each chunk of rows, in as many arenas as there are. */
  replay(
    list: Float64Array,
    arenas: readonly TensorInfo[],
    spaces: readonly (Float32Array | undefined)[],
    steps: Float64Array | undefined,
    chunks: number,
  ): void {
    const memory = arenas.map((arena) => this.floats(arena));
    this.addon.replay(list, memory, spaces, steps, chunks);
  }

  /** Run a kernel of the addon on memory that the caller has laid out. */
  run<K extends KernelName>(kernel: K, args: KernelArgs<K, Float32Array, Float32Array>): void {
    runKernel(this.addon, kernel, args);
  }

  /** Run a kernel of the addon over a tensor. */
  launchInPlace(kernel: KernelsWith<'UnaryArgs'>, x: TensorInfo): void {
    if (this.tracing !== undefined) {
      const value = this.tracedValue(x);
      this.tracing.launch(kernel, [value, value], []);
    } else {
      const values = this.floats(x);
      this.run(kernel, { x: values, y: values });
    }
  }

  /** Run a kernel of the addon, or add it to the program being traced. Outputs are given by their shapes; returns them in order. */
  launch<K extends KernelName>(kernel: K, args: KernelArgs<K, TensorInfo, Shape>): TensorInfo[] {
    const outputs: TensorInfo[] = [];
    const output = (shape: Shape): TensorInfo => outputs[outputs.push(this.output(shape)) - 1];
    const { tracing, keepsFilter: keeps } = this;
    if (tracing !== undefined) {
      const input = (x: TensorInfo): number => this.tracedValue(x);
      const { operands, numbers } = encode(kernel, args, { input, output: (shape: Shape) => input(output(shape)), keeps });
      tracing.launch(kernel, operands, numbers);
      return outputs;
    }
    const input = (x: TensorInfo): Float32Array => this.floats(x);
    const { operands, numbers } = encode(kernel, args, { input, output: (shape: Shape) => input(output(shape)), keeps });
    try {
      callKernel(this.addon, kernel, operands, numbers);
    } catch (error) {
      for (const { dataId } of outputs) this.disposeData(dataId);
      throw error;
    }
    return outputs;
  }

  /** Do `launch` for a kernel with one output. */
  launchOne<K extends KernelName>(kernel: K, args: KernelArgs<K, TensorInfo, Shape>): TensorInfo {
    return this.launch(kernel, args)[0];
  }

  /** Where floats lie; those in others' memory are copied: parameters that were uploaded are then updated in place like all others. */
  private adopted(values: Float32Array): PooledData<B> {
    const known = this.floatMemory.stretchOf(values);
    if (known !== undefined && this.pool.owns(known)) return new PooledData(known, { floats: values, values });
    const buffer = this.pool.take(values.byteLength);
    const data = new PooledData(buffer, this.floatMemory.at(buffer, 0, values.length));
    data.floats.set(values);
    return data;
  }

  private hold(data: PooledData<B>, shape: Shape): TensorInfo {
    const dataId = {};
    this.data.set(dataId, data);
    return { dataId, shape: [...shape], dtype: 'float32' };
  }

  private forgetFilters(buffer: B): void {
    if (!this.filterBuffers.delete(buffer)) return;
    this.run('forgetFilters', { memory: this.floatMemory.at(buffer, 0, buffer.byteLength / 4).floats });
  }
}

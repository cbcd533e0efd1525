import type { BackendValues, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type Layout, type LoadedProgram, NotCompilable, type Program, type ProgramBackend, type ProgramBuilder } from '@tract/tensor';
import { addInto } from './kernels/elementwise.js';
import { type DataId, type Recorder, ShaderBackend } from './shader-backend.js';
import { TracedBuffer, Tracer } from './tracer.js';
import { WebGpuProgram } from './webgpu-program.js';

type Shape = readonly number[];
type Values = Parameters<ShaderBackend['write']>[0];

/** Usage of the stock backend's tensors. */
const storage = (): number => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/** WebGPU backend that runs programs. A store's leaves have a buffer each, since a shader may not read and write parts of one. */
export class WebGpuBackend extends ShaderBackend implements ProgramBackend {
  readonly concurrency = 1;
  /** A device takes a batch whole. */
  readonly cacheFloats = Number.POSITIVE_INFINITY;
  /** Pipelines of programs, by the names they have in them. */
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #names = new Map<GPUComputePipeline, string>();
  /** Leaves of a store by their offsets in it; the key is the data of its `flat`. */
  readonly #stores = new WeakMap<DataId, ReadonlyMap<number, DataId>>();
  /** Buffers of the arenas that are in use, and of those that are not. */
  readonly #arenas = new Map<DataId, GPUBuffer[]>();
  readonly #freeArenas: GPUBuffer[][] = [];
  #tracing: ProgramBuilder | undefined;

  get canCompile(): boolean {
    return this.#tracing === undefined;
  }

  trace<R>(builder: ProgramBuilder, work: () => R): R {
    const recorder = this as unknown as Recorder;
    const { device, queue, computePassEncoder, dispatchCountInPass } = recorder;
    const tracer = new Tracer(builder, device, (pipeline) => this.#nameOf(pipeline));
    this.#tracing = builder;
    // With this count nothing is submitted.
    const traced = { dispatchCountInPass: Number.NEGATIVE_INFINITY, computePassEncoder: tracer.pass };
    Object.assign(recorder, { device: tracer.device, queue: tracer.queue, ...traced });
    try {
      return work();
    } finally {
      Object.assign(recorder, { device, queue, computePassEncoder, dispatchCountInPass });
      this.#tracing = undefined;
    }
  }

  #nameOf(pipeline: GPUComputePipeline): string {
    let name = this.#names.get(pipeline);
    if (name === undefined) {
      name = `${pipeline.label}#${this.#names.size}`;
      this.#names.set(pipeline, name);
      this.#pipelines.set(name, pipeline);
    }
    return name;
  }

  symbol(value: number, shape: Shape): TensorInfo {
    return { dataId: this.#symbolic(value, shape, 'float32'), shape: [...shape], dtype: 'float32' };
  }

  #symbolic(value: number, shape: Shape, dtype: DataType): DataId {
    const dataId = super.write(undefined as unknown as Values, [...shape], dtype) as DataId;
    Object.assign(this.tensorMap.get(dataId), { resource: new TracedBuffer(value) });
    return dataId;
  }

  tracedValue({ dataId }: TensorInfo): number {
    const { resource, shape } = this.tensorMap.get(dataId);
    if ((resource as unknown) instanceof TracedBuffer) return (resource as unknown as TracedBuffer).value;
    throw new NotCompilable(`a tensor of shape [${shape}] is used that is neither an input nor made from inputs`);
  }

  load(program: Program): LoadedProgram {
    return new WebGpuProgram(this, program);
  }

  pipelineNamed(name: string): GPUComputePipeline {
    return this.#pipelines.get(name)!;
  }

  scratch({ dataId }: TensorInfo, sizes: readonly number[]): readonly GPUBuffer[] {
    let buffers = this.#arenas.get(dataId as DataId);
    if (buffers === undefined) {
      buffers = this.#freeArenas.pop() ?? [];
      this.#arenas.set(dataId as DataId, buffers);
    }
    for (const [i, size] of sizes.entries()) {
      if (buffers[i] !== undefined && buffers[i].size >= size) continue;
      if (buffers[i] !== undefined) (this as unknown as Recorder).uniformPendingDisposal.push(buffers[i]);
      buffers[i] = this.bufferManager.acquireBuffer(size, storage());
    }
    return buffers;
  }

  bufferOf({ dataId }: TensorInfo, offset: number): GPUBuffer {
    return this.queuedBuffer(this.#stores.get(dataId as DataId)?.get(offset) ?? (dataId as DataId));
  }

  output(shape: Shape): TensorInfo {
    return this.makeTensorInfo([...shape], 'float32');
  }

  allocateStore({ shapes, offsets, floats }: Layout): { flat: TensorInfo; leaves: TensorInfo[] } {
    const leaves = shapes.map((shape) => this.output(shape));
    for (const leaf of leaves) this.clear(leaf);
    const flat: TensorInfo = { dataId: {}, shape: [floats], dtype: 'float32' };
    this.#stores.set(flat.dataId as DataId, new Map(leaves.map(({ dataId }, i) => [offsets[i], dataId as DataId])));
    return { flat, leaves };
  }

  /** Return the data of a store's leaves in order, or of the tensor that it is. */
  #dataOf({ dataId }: TensorInfo): DataId[] {
    return [...(this.#stores.get(dataId as DataId)?.values() ?? [dataId as DataId])];
  }

  leavesOf({ dataId }: TensorInfo, { shapes }: Layout): TensorInfo[] {
    const leaves = [...this.#stores.get(dataId as DataId)!.values()];
    return leaves.map((leaf, i) => ({ dataId: leaf, shape: [...shapes[i]], dtype: 'float32' }));
  }

  isStore({ dataId }: TensorInfo): boolean {
    const leaves = this.#stores.get(dataId as DataId);
    return leaves !== undefined && [...leaves.values()].every((leaf) => this.refCount(leaf) > 0);
  }

  isExclusive(flat: TensorInfo): boolean {
    return this.#dataOf(flat).every((leaf) => this.refCount(leaf) === 1);
  }

  willOverwrite(x: TensorInfo): void {
    for (const dataId of this.#dataOf(x)) {
      this.uploadToGPU(dataId);
      Object.assign(this.tensorMap.get(dataId), { values: null }); // what was read back is out of date
    }
  }

  copyInto(to: TensorInfo, from: TensorInfo): void {
    this.willOverwrite(to);
    const sources = this.#dataOf(from);
    for (const [i, dataId] of this.#dataOf(to).entries()) {
      const [target, source] = [this.queuedBuffer(dataId), this.queuedBuffer(sources[i])];
      this.#commands().copyBufferToBuffer(source, 0, target, 0, target.size);
    }
  }

  addInto(to: TensorInfo, from: TensorInfo): void {
    this.willOverwrite(to);
    const sources = this.#dataOf(from);
    for (const [i, dataId] of this.#dataOf(to).entries()) {
      const { shape } = this.tensorMap.get(dataId);
      addInto(this, { dataId, shape, dtype: 'float32' }, { dataId: sources[i], shape, dtype: 'float32' });
    }
  }

  clear(x: TensorInfo): void {
    this.willOverwrite(x);
    for (const dataId of this.#dataOf(x)) {
      const buffer = this.queuedBuffer(dataId);
      this.#commands().clearBuffer(buffer);
    }
  }

  /** Return the encoder for a command that is no dispatch. */
  #commands(): GPUCommandEncoder {
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    return (this as unknown as Recorder).commandEncoder;
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const tracing = this.#tracing;
    if (tracing === undefined) return super.write(values, shape, dtype) as DataId;
    if (values != null) throw new NotCompilable('a tensor is made from values while the function runs; pass it as an input');
    return this.#symbolic(tracing.value(shape), shape, dtype);
  }

  override uploadToGPU(dataId: DataId): void {
    if (this.#tracing === undefined) super.uploadToGPU(dataId);
    else this.tracedValue({ dataId } as TensorInfo);
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    if (this.#tracing !== undefined) throw new NotCompilable('a value is read while the function runs');
    return super.read(dataId);
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const gone = super.disposeData(dataId, force);
    const arena = gone ? this.#arenas.get(dataId) : undefined;
    if (arena !== undefined) {
      this.#arenas.delete(dataId);
      this.#freeArenas.push(arena);
    }
    return gone;
  }
}

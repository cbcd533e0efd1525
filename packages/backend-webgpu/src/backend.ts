import type { BackendValues, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type Layout, type LoadedProgram, NotCompilable, type Program, type ProgramBackend, type ProgramBuilder } from '@tract/tensor';
import { addInto } from './kernels/elementwise.js';
import { Part, planSegments, Segment } from './segments.js';
import { type DataId, type Recorder, ShaderBackend, storage } from './shader-backend.js';
import { TracedBuffer, Tracer } from './tracer.js';
import { sizeOf } from './webgpu-kernel.js';
import { WebGpuProgram } from './webgpu-program.js';

type Shape = readonly number[];
type Values = Parameters<ShaderBackend['write']>[0];

/** Bytes of a buffer in which leaves lie together. Devices may allow far more, which they then do not find in one piece. */
const mostShared = 2 ** 28;

/** What a store is here: its leaves by their offsets in the layout, and the buffers in which they lie. */
type Store = { readonly leaves: ReadonlyMap<number, DataId>; readonly segments: readonly Segment[] };

/** WebGPU backend that runs programs. A store's leaves lie in as few buffers as the device allows. */
export class WebGpuBackend extends ShaderBackend implements ProgramBackend {
  readonly concurrency = 1;
  /** A device takes a batch whole. */
  readonly cacheFloats = Number.POSITIVE_INFINITY;
  /** Pipelines of programs, by the names they have in them. */
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  readonly #names = new Map<GPUComputePipeline, string>();
  /** The key is the data of a store's `flat`. */
  readonly #stores = new WeakMap<DataId, Store>();
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

  memoryOf({ dataId }: TensorInfo, offset: number): GPUBuffer | Part {
    return this.queuedMemory(this.#stores.get(dataId as DataId)?.leaves.get(offset) ?? (dataId as DataId));
  }

  output(shape: Shape): TensorInfo {
    return this.makeTensorInfo([...shape], 'float32');
  }

  allocateStore({ shapes, offsets, floats }: Layout): { flat: TensorInfo; leaves: TensorInfo[] } {
    for (const shape of shapes) this.requireRoom(shape);
    const bytes = shapes.map((shape) => 4 * Math.max(1, sizeOf(shape)));
    const { places, sizes } = planSegments(bytes, Math.min(this.mostBytes, mostShared), this.device.limits.minStorageBufferOffsetAlignment);
    const segments = sizes.map((size, segment) => {
      const inside = places.flatMap((place, i) => (place.segment === segment ? [place.offset / 4, sizeOf(shapes[i])] : []));
      return this.#segment(size, Uint32Array.from(inside));
    });
    const leaves = shapes.map((shape, i) => {
      const leaf = this.output(shape);
      const { segment, offset } = places[i];
      Object.assign(this.tensorMap.get(leaf.dataId), { resource: new Part(segments[segment], offset, bytes[i]) });
      return leaf;
    });
    const flat: TensorInfo = { dataId: {}, shape: [floats], dtype: 'float32' };
    this.#stores.set(flat.dataId as DataId, { leaves: new Map(leaves.map(({ dataId }, i) => [offsets[i], dataId as DataId])), segments });
    this.clear(flat);
    return { flat, leaves };
  }

  #segment(size: number, table: Uint32Array<ArrayBuffer>): Segment {
    const buffer = this.bufferManager.acquireBuffer(size, storage());
    const ranges = this.bufferManager.acquireBuffer(table.byteLength, storage());
    this.queue.writeBuffer(ranges, 0, table);
    return new Segment(buffer, ranges, table.length / 2, () => {
      for (const used of [buffer, ranges]) this.bufferManager.releaseBuffer(used);
    });
  }

  /** Return the data of a store's leaves in order, or of the tensor that it is. */
  #dataOf({ dataId }: TensorInfo): DataId[] {
    return [...(this.#stores.get(dataId as DataId)?.leaves.values() ?? [dataId as DataId])];
  }

  segmentsOf(flat: TensorInfo): readonly Segment[] {
    for (const dataId of this.#dataOf(flat)) this.queuedMemory(dataId);
    return this.#stores.get(flat.dataId as DataId)!.segments;
  }

  /** Return the memory of a store, buffer by buffer, or of the tensor that it is, for commands that are queued. */
  #memoryOf(x: TensorInfo): Required<GPUBufferBinding>[] {
    if (this.#stores.has(x.dataId as DataId)) return this.segmentsOf(x).map(({ buffer }) => ({ buffer, offset: 0, size: buffer.size }));
    const { buffer, offset = 0, size = buffer.size } = this.bindingOf(x);
    return [{ buffer, offset, size }];
  }

  isStore({ dataId }: TensorInfo): boolean {
    const leaves = this.#stores.get(dataId as DataId)?.leaves.values();
    return leaves !== undefined && [...leaves].every((leaf) => this.refCount(leaf) > 0);
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
    const sources = this.#memoryOf(from);
    for (const [i, { buffer, offset, size }] of this.#memoryOf(to).entries())
      this.commands().copyBufferToBuffer(sources[i].buffer, sources[i].offset, buffer, offset, size);
  }

  addInto(to: TensorInfo, from: TensorInfo): void {
    this.willOverwrite(to);
    const sources = this.#memoryOf(from);
    for (const [i, target] of this.#memoryOf(to).entries()) addInto(this, target, sources[i]);
  }

  clear(x: TensorInfo): void {
    this.willOverwrite(x);
    for (const { buffer, offset, size } of this.#memoryOf(x)) this.commands().clearBuffer(buffer, offset, size);
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

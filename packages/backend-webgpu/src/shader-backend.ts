import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { BackendValues, DataType, GPUData, TensorInfo } from '@tensorflow/tfjs-core';
import { env, util } from '@tract/tensor/core';
import type { Device } from './device.js';
import { DeviceWatch } from './device-watch.js';
import { WebGpuOutOfMemoryError } from './errors.js';
import { Part, type Segment } from './segments.js';
import { groupsPerRow, moduleOf, packNumbers, type Shader } from './shader.js';

export type DataId = Parameters<WebGPUBackend['read']>[0];

/** Command recorder of the stock backend; private in its types only. */
export type Recorder = {
  device: GPUDevice;
  queue: GPUQueue;
  readonly commandEncoder: GPUCommandEncoder;
  computePassEncoder: GPUComputePassEncoder | null;
  dispatchCountInPass: number;
  /** Data whose memory must outlive the queue. */
  readonly commandQueueOwnedIds: WeakSet<object>;
  /** Buffers to recycle after the next submission. */
  readonly uniformPendingDisposal: GPUBuffer[];
};

/** One run of a shader: as many workgroups of it as asked for, in a flat list or on up to three axes. */
export type Dispatch = {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly numbers: readonly number[];
  readonly groups: Groups;
};

type Groups = number | readonly [x: number, y: number, z?: number];

/** Private in the stock backend's types only. */
type StockMemory = {
  releaseResource(dataId: DataId): void;
  tensorToBinding(x: TensorInfo | undefined): GPUBindingResource | null;
};

/** Usage of the stock backend's tensors. */
export const storage = (): number => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

/**
 * The stock WebGPU backend with shaders of our own among its kernels, which says when its device is lost or full. Work on a device is queued, so trouble
 * shows where values are read back: `read` throws what went wrong since the last one.
 */
export abstract class ShaderBackend extends WebGPUBackend {
  readonly #watch: DeviceWatch;
  readonly #pipelines = new Map<Shader, GPUComputePipeline>();

  constructor({ device, adapter }: Device) {
    super(device, adapter.info);
    this.#watch = new DeviceWatch(device);
    this.#letLeavesShare();
  }

  /** Make the stock backend's own kernels and its disposal right for leaves of a store, which lie in a buffer together. */
  #letLeavesShare(): void {
    const stock = this as unknown as StockMemory;
    const { releaseResource, tensorToBinding } = stock;
    const partOf = (dataId: DataId | undefined): Part | undefined => {
      const resource: unknown = dataId && this.tensorMap.has(dataId) ? this.tensorMap.get(dataId).resource : undefined;
      return resource instanceof Part ? resource : undefined;
    };
    stock.tensorToBinding = (x) => partOf(x?.dataId) ?? tensorToBinding.call(this, x);
    stock.releaseResource = (dataId) => {
      const part = partOf(dataId);
      if (part === undefined) return releaseResource.call(this, dataId);
      part.segment.letGo();
      Object.assign(this.tensorMap.get(dataId), { resource: null });
    };
  }

  /** Return the buffers of a store in order, for commands that are queued. */
  abstract segmentsOf(flat: TensorInfo): readonly Segment[];

  /** Announce that a tensor's memory is about to be overwritten, or a store's. */
  abstract willOverwrite(x: TensorInfo): void;

  /** Queues one run of a shader of ours, among the stock kernels. */
  dispatch(shader: Shader, { inputs, outputs, numbers, groups }: Dispatch): void {
    this.dispatchOn(
      shader,
      [...inputs, ...outputs].map((x) => this.bindingOf(x)),
      numbers,
      groups,
    );
  }

  /** Queue one run on memory, in the order of the shader's inputs and outputs. */
  dispatchOn(shader: Shader, resources: readonly GPUBufferBinding[], numbers: readonly number[], groups: Groups): void {
    const recorder = this as unknown as Recorder;
    const pipeline = this.#pipelineOf(shader);
    const bytes = packNumbers(shader, numbers);
    const uniform = this.bufferManager.acquireBuffer(bytes.byteLength, GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM);
    this.queue.writeBuffer(uniform, 0, bytes);
    recorder.uniformPendingDisposal.push(uniform);
    const entries = [...resources, { buffer: uniform }].map((resource, binding) => ({ binding, resource }));
    const group = this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    this.encode(pipeline, group, typeof groups === 'number' ? [Math.min(groups, groupsPerRow), Math.ceil(groups / groupsPerRow)] : groups);
  }

  /** Return the memory of a tensor for commands that are queued: it lives as long as they do. */
  protected queuedMemory(dataId: DataId): GPUBuffer | Part {
    this.uploadToGPU(dataId);
    (this as unknown as Recorder).commandQueueOwnedIds.add(dataId);
    return this.tensorMap.get(dataId).resource as GPUBuffer | Part;
  }

  /** Return it as it is bound. */
  bindingOf({ dataId }: TensorInfo): GPUBufferBinding {
    const memory = this.queuedMemory(dataId as DataId);
    return memory instanceof Part ? memory : { buffer: memory };
  }

  /** Queue one dispatch. */
  encode(pipeline: GPUComputePipeline, group: GPUBindGroup, [x, y, z = 1]: readonly [x: number, y: number, z?: number]): void {
    const recorder = this as unknown as Recorder;
    this.ensureCommandEncoderReady();
    recorder.computePassEncoder ??= recorder.commandEncoder.beginComputePass();
    recorder.computePassEncoder.setPipeline(pipeline);
    recorder.computePassEncoder.setBindGroup(0, group);
    recorder.computePassEncoder.dispatchWorkgroups(x, y, z);
    recorder.dispatchCountInPass++;
    if (recorder.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
      this.endComputePassEncoder();
      this.submitQueue();
    }
  }

  #pipelineOf(shader: Shader): GPUComputePipeline {
    let pipeline = this.#pipelines.get(shader);
    if (pipeline === undefined) {
      const module = this.device.createShaderModule({ code: moduleOf(shader), label: shader.name });
      const types = [
        ...shader.inputs.map(() => 'read-only-storage' as const),
        ...shader.outputs.map(() => 'storage' as const),
        'uniform' as const,
      ];
      const entries = types.map((type, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer: { type } }));
      const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.device.createBindGroupLayout({ entries })] });
      pipeline = this.device.createComputePipeline({ compute: { module, entryPoint: 'main' }, label: shader.name, layout });
      this.#pipelines.set(shader, pipeline);
    }
    return pipeline;
  }

  /** @throws WebGpuOutOfMemoryError when the device takes no buffer of the tensor's size; WebGpuDeviceLostError when it is gone. */
  override uploadToGPU(dataId: DataId): void {
    this.#watch.checkPresent();
    const { dtype, shape, resource } = this.tensorMap.get(dataId);
    if (resource == null) this.requireRoom(shape, dtype);
    super.uploadToGPU(dataId);
  }

  /** Size of the largest buffer that a kernel of this device can bind. */
  protected get mostBytes(): number {
    return Math.min(this.device.limits.maxBufferSize, this.device.limits.maxStorageBufferBindingSize);
  }

  /** @throws WebGpuOutOfMemoryError when the device takes no buffer of a tensor's size. */
  requireRoom(shape: readonly number[], dtype: DataType = 'float32'): void {
    const bytes = util.sizeFromShape([...shape]) * util.bytesPerElement(dtype);
    const most = this.mostBytes;
    if (bytes <= most) return;
    throw new WebGpuOutOfMemoryError(
      `webgpu: a tensor of shape [${shape.join(',')}] takes ${bytes} bytes, this device takes at most ${most}; use a smaller batch or model`,
    );
  }

  /** @throws WebGpuDeviceLostError or WebGpuOutOfMemoryError when the device failed; Error for a command that it refused. */
  override async read(dataId: DataId): Promise<BackendValues> {
    const values = await this.#onWhole(dataId, (whole) => super.read(whole)).catch(async (error: unknown) => {
      await this.#watch.checkLater(); // which knows better than the reading what it failed by
      throw error;
    });
    this.#watch.check();
    // The stock backend keeps what it read on the host too: after a checkpoint that would be all of the state.
    const data = this.tensorMap.has(dataId) ? this.tensorMap.get(dataId) : undefined;
    if (data?.resource != null) Object.assign(data, { values: null });
    return values;
  }

  override readToGPU(dataId: DataId): GPUData {
    return this.#onWhole(dataId, (whole) => super.readToGPU(whole));
  }

  /** Work on data that has a buffer for itself, which the stock backend reads whole: a copy where it is a leaf of a store. */
  #onWhole<R>(dataId: DataId, work: (whole: DataId) => R): R {
    const part: unknown = this.tensorMap.has(dataId) ? this.tensorMap.get(dataId).resource : undefined;
    if (!(part instanceof Part)) return work(dataId);
    const { dataId: whole } = this.makeTensorInfo(this.tensorMap.get(dataId).shape, 'float32');
    const target = this.queuedMemory(whole) as GPUBuffer;
    this.commands().copyBufferToBuffer(part.buffer, part.offset, target, 0, part.size);
    const result = work(whole);
    const end = () => void this.disposeData(whole);
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  }

  /** Return the encoder for a command that is no dispatch. */
  protected commands(): GPUCommandEncoder {
    this.endComputePassEncoder();
    this.ensureCommandEncoderReady();
    return (this as unknown as Recorder).commandEncoder;
  }
}

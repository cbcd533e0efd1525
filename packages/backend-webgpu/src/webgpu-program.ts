import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Bindings, type LoadedProgram, type Program, paramSpace, type Value } from '@tract/tensor';
import { Part } from './segments.js';
import { planSlots } from './slots.js';

/** The backend as a program sees it. */
type Host = {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  pipelineNamed(name: string): GPUComputePipeline;
  /** @throws WebGpuOutOfMemoryError for a tensor that no buffer can hold. */
  requireRoom(shape: readonly number[]): void;
  /** Buffers of an arena, at least of these sizes in bytes. */
  scratch(arena: TensorInfo, sizes: readonly number[]): readonly GPUBuffer[];
  /** Memory of a tensor, or of the leaf of a store that begins at an offset; it outlives the queue. */
  memoryOf(x: TensorInfo, offset: number): Memory;
  encode(pipeline: GPUComputePipeline, group: GPUBindGroup, groups: readonly [x: number, y: number, z: number]): void;
};

type Memory = GPUBuffer | Part;

/** A bind group and the memory that it was made for. */
type Recorded = { readonly memory: readonly Memory[]; readonly group: GPUBindGroup };

type Dispatch = {
  readonly pipeline: GPUComputePipeline;
  readonly groups: readonly [x: number, y: number, z: number];
  /** Values that it binds; `at`: the number of a buffer in the arena, elsewhere the offset. */
  readonly operands: readonly { readonly space: number; readonly at: number }[];
  readonly uniform: GPUBufferBinding;
  /** Bind groups of before, the last used first: a program serves the parameters of teacher, student and averages in turn. */
  recorded: readonly Recorded[];
};

const mostRecorded = 4;
const groupNumbers = 3;

/** A program as recorded dispatches: pipelines, numbers and, where the same buffers are bound again, bind groups are those of before. */
export class WebGpuProgram implements LoadedProgram {
  private readonly dispatches: readonly Dispatch[];
  private readonly sizes: readonly number[];

  constructor(
    private readonly host: Host,
    { values, launches }: Program,
  ) {
    const { device, queue } = host;
    const bytesOf = ({ shape }: Value): number => 4 * shape.reduce((size, length) => size * length, 1);
    for (const { shape } of values) host.requireRoom(shape);
    const uses = values.map((): number[] => []);
    for (const [at, { operands }] of launches.entries()) for (const operand of operands) uses[operand!].push(at);
    const inArena = [...values.keys()].filter((i) => values[i].space === 0 && uses[i].length > 0);
    const { slotOf, sizes } = planSlots(inArena.map((i) => ({ bytes: bytesOf(values[i]), first: uses[i][0], last: uses[i].at(-1)! })));
    const slots = new Map(inArena.map((i, k) => [i, slotOf[k]]));
    this.sizes = sizes;

    const stride = device.limits.minUniformBufferOffsetAlignment;
    const words = launches.map(({ numbers }) => Uint32Array.from(numbers.slice(groupNumbers)));
    const offsets: number[] = [];
    let size = 0;
    for (const { byteLength } of words) {
      offsets.push(size);
      size += stride * Math.ceil(byteLength / stride);
    }
    const buffer = device.createBuffer({ size: Math.max(size, 4), usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
    const all = new Uint8Array(size);
    for (const [i, { buffer: bytes }] of words.entries()) all.set(new Uint8Array(bytes), offsets[i]);
    queue.writeBuffer(buffer, 0, all);

    this.dispatches = launches.map(({ kernel, operands, numbers }, i) => ({
      pipeline: host.pipelineNamed(kernel),
      groups: [numbers[0], numbers[1], numbers[2]],
      operands: operands.map((operand) => {
        const { space, offset } = values[operand!];
        return { space, at: slots.get(operand!) ?? offset };
      }),
      uniform: { buffer, offset: offsets[i], size: words[i].byteLength },
      recorded: [],
    }));
  }

  run(from: number, to: number, [arena]: readonly TensorInfo[], bindings: Bindings): void {
    const { host, dispatches, sizes } = this;
    const scratch = host.scratch(arena, sizes);
    for (let i = from; i < to; i++) {
      const { pipeline, groups, operands } = dispatches[i];
      const memory = operands.map(({ space, at }) => (space === 0 ? scratch[at] : host.memoryOf(bindings[space - paramSpace]!, at)));
      host.encode(pipeline, this.groupOf(dispatches[i], memory), groups);
    }
  }

  /** Return the bind group for this memory, one of before if it can be. */
  private groupOf(dispatch: Dispatch, memory: readonly Memory[]): GPUBindGroup {
    const { pipeline, uniform, recorded } = dispatch;
    const known = recorded.find((one) => one.memory.every((part, k) => part === memory[k]));
    if (known !== undefined && known === recorded[0]) return known.group;
    const bindings = memory.map((part) => (part instanceof Part ? part : { buffer: part }));
    const entries = [...bindings, uniform].map((resource, binding) => ({ binding, resource }));
    const group = known?.group ?? this.host.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    dispatch.recorded = [{ memory, group }, ...recorded.filter((one) => one !== known)].slice(0, mostRecorded);
    return group;
  }
}

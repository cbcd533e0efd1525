import { NotCompilable, type ProgramBuilder } from '@tract/tensor';

/** Stand for a value of the program being traced, where the stock backend keeps a tensor's buffer. */
export class TracedBuffer {
  constructor(readonly value: number) {}
}

type Resource = TracedBuffer | { readonly buffer: TracedBuffer | GPUBuffer };
type BindGroup = { readonly layout: GPUBindGroupLayout; readonly entries: readonly { readonly resource: Resource }[] };

/**
 * Collect what kernels record on a device, stock kernels and ours alike: to be put where the backend has its device, queue and pass. A launch is a pipeline by
 * name, the bound arrays in order, and as numbers the workgroups on three axes and the words of the uniform.
 */
export class Tracer {
  readonly device: GPUDevice;
  readonly queue: GPUQueue;
  readonly pass: GPUComputePassEncoder;

  constructor(builder: ProgramBuilder, device: GPUDevice, nameOf: (pipeline: GPUComputePipeline) => string) {
    const uniforms = new Map<GPUBuffer, Uint32Array>();
    let kernel = '';
    let bound: BindGroup['entries'] = [];
    this.queue = {
      writeBuffer: (buffer: GPUBuffer, _: number, bytes: ArrayBuffer) => void uniforms.set(buffer, new Uint32Array(bytes)),
    } as unknown as GPUQueue;
    this.device = new Proxy(device, {
      get: (real, name) => {
        if (name === 'createBindGroup') return (group: BindGroup) => group;
        const member: unknown = Reflect.get(real, name, real);
        return typeof member === 'function' ? member.bind(real) : member;
      },
    });
    this.pass = {
      setPipeline: (pipeline: GPUComputePipeline) => {
        kernel = nameOf(pipeline);
      },
      setBindGroup: (_: number, { entries }: BindGroup) => {
        bound = entries;
      },
      dispatchWorkgroups: (x: number, y: number, z: number) => {
        const buffers = bound.map(({ resource }) => (resource instanceof TracedBuffer ? resource : resource.buffer));
        const operands = buffers.flatMap((buffer) => (buffer instanceof TracedBuffer ? [buffer.value] : []));
        const words = buffers.flatMap((buffer) => (buffer instanceof TracedBuffer ? [] : [...uniforms.get(buffer)!]));
        builder.launch(kernel, operands, [x, y, z, ...words]);
      },
      end: () => {
        throw new NotCompilable('a command is given to the device that is no kernel');
      },
    } as unknown as GPUComputePassEncoder;
  }
}

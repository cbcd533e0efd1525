/** Work and bytes that passed between host and device. */
export type Traffic = {
  /** Kernels that were run. */
  dispatches: number;
  /** Lists of commands that were handed to the device. */
  submissions: number;
  /** Numbers of single runs: sizes, rates. */
  uniformBytes: number;
  /** Values of tensors, upwards. */
  uploadedBytes: number;
  /** Values of tensors, downwards. */
  readBytes: number;
};

const none = (): Traffic => ({ dispatches: 0, submissions: 0, uniformBytes: 0, uploadedBytes: 0, readBytes: 0 });

/**
 * Count what all devices of this process do from now on. It stands at the interface itself, so that stock kernels count as ours do; a WebGPU
 * interface must be there (`nodeGpu()` under Node). `take` gives what was counted since the last take, `stop` ends the counting.
 */
export function countTraffic(): { readonly take: () => Traffic; readonly stop: () => void } {
  let counts = none();
  const stops = [
    watch<GPUComputePassEncoder>(GPUComputePassEncoder, 'dispatchWorkgroups', () => {
      counts.dispatches++;
    }),
    watch<GPUQueue>(GPUQueue, 'submit', () => {
      counts.submissions++;
    }),
    watch<GPUQueue>(GPUQueue, 'writeBuffer', (_, [, , bytes]) => {
      counts.uniformBytes += (bytes as ArrayBuffer).byteLength;
    }),
    watch<GPUBuffer>(GPUBuffer, 'getMappedRange', ({ usage }, _, range) => {
      counts[usage & GPUBufferUsage.MAP_READ ? 'readBytes' : 'uploadedBytes'] += (range as ArrayBuffer).byteLength;
    }),
  ];
  return {
    take: () => {
      const taken = counts;
      counts = none();
      return taken;
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

type Method = (...args: unknown[]) => unknown;

/** Call back after each call of a method; return a function that ends it. */
function watch<T>(
  { prototype }: { readonly prototype: T },
  name: keyof T & string,
  tell: (self: T, args: readonly unknown[], result: unknown) => void,
): () => void {
  const methods = prototype as unknown as Record<string, Method>;
  const method = methods[name];
  methods[name] = function (this: T, ...args) {
    const result = method.apply(this, args);
    tell(this, args, result);
    return result;
  };
  return () => {
    methods[name] = method;
  };
}

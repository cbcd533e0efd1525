import { WebGpuUnavailableError } from './errors.js';

export type DeviceOptions = {
  /** Source of adapters. Default: `navigator.gpu`; under Node, `nodeGpu()` makes one. */
  readonly gpu?: GPU;
  /** Default: 'high-performance'. */
  readonly powerPreference?: GPUPowerPreference;
};

export type Device = { readonly device: GPUDevice; readonly adapter: GPUAdapter };

/** Asked for where the adapter has them: numbers of half length, and how long kernels take. */
const features: readonly GPUFeatureName[] = ['shader-f16', 'timestamp-query'];

/** Raised from the least that every device has to the most that this one has; the kernels of large tensors need them. */
const limits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Types of Node and of browsers differ in whether there is a navigator. */
const browserGpu = (): GPU | undefined => (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;

/**
 * A device with every limit as high as its adapter allows, and the features the kernels can use.
 * @throws WebGpuUnavailableError that says whether the interface, the adapter or the device is missing.
 */
export async function requestDevice({ gpu = browserGpu(), powerPreference = 'high-performance' }: DeviceOptions = {}): Promise<Device> {
  if (gpu === undefined) {
    throw new WebGpuUnavailableError(
      "webgpu: this environment has no navigator.gpu; browsers need a recent version and a page from https or localhost, Node needs 'nodeGpu' of @tract/backend-webgpu/node",
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter === null) {
    throw new WebGpuUnavailableError(
      'webgpu: no adapter was found; a graphics driver with Vulkan, Metal or Direct3D 12 is needed, and hardware acceleration switched on',
    );
  }
  try {
    const device = await adapter.requestDevice({
      requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
    });
    return { device, adapter };
  } catch (error) {
    throw new WebGpuUnavailableError(`webgpu: the adapter gave no device: ${(error as Error).message}`, { cause: error });
  }
}

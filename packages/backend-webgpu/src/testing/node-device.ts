import { nodeGpu, softwareDriver } from '../node/index.js';
import { registerWebGpuBackend } from '../register.js';
import { dawnFeatures } from './dawn-features.js';

/** The least that every device has, by the specification of WebGPU. */
const leastLimits: Partial<GPUSupportedLimits> = {
  maxBufferSize: 2 ** 28,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 2 ** 14,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxComputeWorkgroupSizeX: 256,
  maxComputeInvocationsPerWorkgroup: 256,
};

/** An interface whose adapters have the least limits and no feature. */
const leastGpu = (gpu: GPU): GPU =>
  ({
    requestAdapter: async (options?: GPURequestAdapterOptions) => {
      const adapter = await gpu.requestAdapter(options);
      if (adapter === null) return null;
      const { info } = adapter;
      const requestDevice = (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor);
      return { info, features: new Set<string>(), limits: leastLimits, requestDevice };
    },
  }) as unknown as GPU;

/**
 * Choose what suites under Node compute on: the driver that TRACT_WEBGPU_DRIVER names (`software`, or the description of one), else what the system finds,
 * such as a graphics card or a newer Mesa's lavapipe, else SwiftShader where that is installed. TRACT_WEBGPU_LIMITS=least gives adapters the least limits.
 * @throws Error where there is no adapter.
 */
export async function suiteGpu(): Promise<GPU> {
  const asked = process.env.TRACT_WEBGPU_DRIVER || undefined;
  const options = dawnFeatures === undefined ? [] : [`enable-dawn-features=${dawnFeatures}`];
  const found = asked === undefined && (await nodeGpu({ options }));
  const isThere = found && (await found.requestAdapter()) !== null;
  const gpu = isThere ? found : await nodeGpu({ driver: asked === undefined || asked === 'software' ? softwareDriver() : asked, options });
  if (!isThere && (await gpu.requestAdapter()) === null)
    throw new Error('WebGPU finds no adapter: apt-get install chromium brings a software driver');
  return process.env.TRACT_WEBGPU_LIMITS === 'least' ? leastGpu(gpu) : gpu;
}

/** Start the backend under Node on what suites compute on. @returns why it cannot be; undefined when it is there. */
export async function startUnderNode(): Promise<string | undefined> {
  try {
    const { description, vendor } = await registerWebGpuBackend({ gpu: await suiteGpu() });
    console.info(`WebGPU under Node on ${description || vendor}`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

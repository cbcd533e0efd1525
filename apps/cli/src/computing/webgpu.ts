import { existsSync } from 'node:fs';
import { backendError, usageError } from '../errors.js';

/** A device that computes. The process waits for it until `stop`. */
export type WebGpu = { readonly description: string; readonly stop: () => void };

type Wish = {
  /** True if a device that computes on the processor will do. */
  readonly software: boolean;
  /** The description of a Vulkan driver; those that the system knows without one. */
  readonly driver?: string;
};

/**
 * Start the backend 'webgpu' on a graphics card, or on what TRACT_WEBGPU_DRIVER asks for: `software`, which computes on the processor
 * and is there to try things, or the description (*.json) of a Vulkan driver.
 * @throws CliError (backend missing) that says what to install; (usage) for a value that is neither.
 */
export async function startWebGpu(): Promise<WebGpu> {
  const [{ registerWebGpuBackend }, { nodeGpu, softwareDriver, stopNodeGpu }] = await Promise.all([
    import('@tract/backend-webgpu'),
    import('@tract/backend-webgpu/node'),
  ]).catch((error: Error) => {
    throw backendError(`webgpu: ${error.message}; run \`npm i @tract/backend-webgpu webgpu\``, error);
  });
  const { software, driver } = wishOf(process.env.TRACT_WEBGPU_DRIVER, softwareDriver);
  const gpu = await nodeGpu({ driver }).catch((error: Error) => {
    throw backendError(error.message, error);
  });
  try {
    const info = await registerWebGpuBackend({ gpu });
    const description = [info.vendor, info.architecture, info.description].filter((words) => words !== '').join(' ');
    if (info.software && !software)
      throw new Error(`webgpu: there is no graphics card, only ${description}, which computes on the processor`);
    return { description: `${description}${info.software ? ', on the processor' : ''}`, stop: stopNodeGpu };
  } catch (error) {
    stopNodeGpu();
    const wayOut = software ? 'apt-get install chromium brings a software driver' : 'TRACT_WEBGPU_DRIVER=software computes without a card';
    throw backendError(`${(error as Error).message}; ${wayOut}`, error);
  }
}

function wishOf(asked: string | undefined, softwareDriver: () => string | undefined): Wish {
  if (asked === undefined || asked === '') return { software: false };
  if (asked === 'software') return { software: true, driver: softwareDriver() };
  if (asked.endsWith('.json') && existsSync(asked)) return { software: true, driver: asked };
  throw usageError(`TRACT_WEBGPU_DRIVER=${asked}: expected software, or the description (*.json) of a Vulkan driver`);
}

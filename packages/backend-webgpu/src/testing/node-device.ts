import { nodeGpu, softwareDriver } from '../node/index.js';
import { registerWebGpuBackend } from '../register.js';

/** Start the backend under Node, on SwiftShader where that is installed. @returns why it cannot be; undefined when it is there. */
export async function startUnderNode(): Promise<string | undefined> {
  try {
    await registerWebGpuBackend({ gpu: await nodeGpu({ driver: softwareDriver() }) });
    return undefined;
  } catch (error) {
    return `${(error as Error).message} (apt-get install chromium brings a software driver)`;
  }
}

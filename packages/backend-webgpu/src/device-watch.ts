import { WebGpuDeviceLostError, WebGpuOutOfMemoryError } from './errors.js';

/** Gathers what goes wrong on a device, whose work is queued and whose errors come later than the call that caused them. */
export class DeviceWatch {
  readonly #device: GPUDevice;
  #lost: Error | undefined;
  #refused: Error | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    void device.lost.then(({ reason, message }) => {
      const why = [reason || 'unknown reason', message.trim()].filter((text) => text !== '').join(': ');
      this.#lost = new WebGpuDeviceLostError(
        `webgpu: the device was lost (${why}); start the backend again and go on from the last checkpoint`,
      );
    });
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#refused ??= typed(error);
    });
  }

  /** @throws WebGpuDeviceLostError once the device is gone. */
  checkPresent(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  /** @throws what went wrong since the last check: a loss, memory that ran out, or a command that was refused. */
  check(): void {
    this.checkPresent();
    const refused = this.#refused;
    this.#refused = undefined;
    if (refused !== undefined) throw refused;
  }

  /** Do as `check`, after waiting for a loss of the device that is about to be reported. */
  async checkLater(): Promise<void> {
    await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
    this.check();
  }
}

function typed(error: GPUError): Error {
  const text = error.message.trim();
  return error.constructor.name === 'GPUOutOfMemoryError'
    ? new WebGpuOutOfMemoryError(`webgpu: the device is out of memory: ${text}; use a smaller batch or model`)
    : new Error(`webgpu: the device refused a command: ${text}`);
}

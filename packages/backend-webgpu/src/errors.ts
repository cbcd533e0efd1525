/** There is no WebGPU here, or it gives no device. */
export class WebGpuUnavailableError extends Error {
  override readonly name = 'WebGpuUnavailableError';
  readonly kind = 'unavailable';
}

/**
 * The device is gone: its driver was reset or updated, the system took it away, or it was destroyed. All tensors on it are lost. Start a new
 * one with `registerWebGpuBackend` and go on from what was saved.
 */
export class WebGpuDeviceLostError extends Error {
  override readonly name = 'WebGpuDeviceLostError';
  readonly kind = 'device-lost';
}

/** The device has no room for a tensor, or takes none of its size. */
export class WebGpuOutOfMemoryError extends Error {
  override readonly name = 'WebGpuOutOfMemoryError';
  readonly kind = 'out-of-memory';
}

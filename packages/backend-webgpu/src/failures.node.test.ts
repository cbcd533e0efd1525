import { add, dispose, fill, read, useBackend } from '@tract/tensor';
import { engine } from '@tract/tensor/core';
import { describe, expect, test } from 'vitest';
import { requestDevice } from './device.js';
import { WebGpuBackend, WebGpuDeviceLostError, WebGpuOutOfMemoryError, WebGpuUnavailableError } from './index.js';
import { startUnderNode } from './testing/node-device.js';

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`failures of a WebGPU device are not tested: ${reason}`);

function backend(): WebGpuBackend {
  const found = engine().findBackend('webgpu');
  if (!(found instanceof WebGpuBackend)) throw new Error('the WebGPU backend is not active');
  return found;
}

describe.skipIf(reason !== undefined)(`a device that fails${reason ? ` (skipped: ${reason})` : ''}`, () => {
  test('takes no tensor beyond its limits, and says what they are', async () => {
    await useBackend('webgpu');
    const { maxStorageBufferBindingSize } = backend().device.limits;
    const floats = maxStorageBufferBindingSize / 4 + 1;
    expect(() => fill([floats], 1)).toThrow(WebGpuOutOfMemoryError);
    expect(() => fill([floats], 1)).toThrow(`takes ${4 * floats} bytes, this device takes at most ${maxStorageBufferBindingSize}`);
    const small = fill([3], 1);
    expect(await read(small)).toEqual(Float32Array.of(1, 1, 1));
    dispose(small);
  });

  test('once lost, refuses to compute and to be read, until the backend is started again', async () => {
    await useBackend('webgpu');
    const x = fill([1000], 2);
    const y = add(x, x);
    backend().device.destroy();
    await expect(read(y)).rejects.toThrow(WebGpuDeviceLostError);
    expect(() => fill([1000], 2)).toThrow(/the device was lost .*start the backend again/);
    expect(await startUnderNode()).toBeUndefined();
    await useBackend('webgpu');
    const z = fill([2], 5);
    expect(await read(z)).toEqual(Float32Array.of(5, 5));
    dispose(z);
  });
});

test('where there is no adapter, an error says what is needed', async () => {
  const none = { requestAdapter: async () => null } as unknown as GPU;
  await expect(requestDevice({ gpu: none })).rejects.toThrow(WebGpuUnavailableError);
  await expect(requestDevice({ gpu: none })).rejects.toThrow(/a graphics driver with Vulkan, Metal or Direct3D 12 is needed/);
});

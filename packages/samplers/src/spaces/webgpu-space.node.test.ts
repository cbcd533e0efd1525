import { nodeGpu, softwareDriver } from '@tract/backend-webgpu/node';
import { edmGrid } from '@tract/schedules';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drain, edmStochastic, float32Space, hashNormals, saSolver, startNoise, unipc, type VectorSpace } from '../index.js';
import { gaussianDenoiser } from '../testing/index.js';
import { type GpuVector, ortGpuSpace, webGpuSpace } from './index.js';

let device: GPUDevice | undefined;
let lacking = '';
beforeAll(async () => {
  try {
    const gpu = await nodeGpu({ driver: softwareDriver() });
    const adapter = await gpu.requestAdapter();
    if (!adapter) throw new Error('WebGPU finds no adapter');
    device = await adapter.requestDevice();
  } catch (error) {
    lacking = `${(error as Error).message} (apt-get install chromium brings a software driver)`;
  }
});
afterAll(() => device?.destroy());

const usage = { storage: 128, copies: 4 | 8, read: 1 };

/** A buffer on the device that counts itself until it is destroyed. */
function counted(on: GPUDevice) {
  const live = new Set<GPUBuffer>();
  const createBuffer = (descriptor: GPUBufferDescriptor) => {
    const buffer = on.createBuffer(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      return destroy();
    };
    live.add(buffer);
    return buffer;
  };
  const forwarded = new Proxy(on, {
    get: (target, name) => {
      if (name === 'createBuffer') return createBuffer;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { device: forwarded, live };
}

function upload(to: GPUDevice, values: Float32Array): GPUBuffer {
  const buffer = to.createBuffer({ size: Math.ceil(values.length / 4) * 16, usage: usage.storage | usage.copies });
  to.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  return buffer;
}

async function download(from: GPUDevice, buffer: GPUBuffer, length: number): Promise<Float32Array> {
  const staging = from.createBuffer({ size: buffer.size, usage: usage.read | 8 });
  const encoder = from.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  from.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const values = new Float32Array(staging.getMappedRange().slice(0)).slice(0, length);
  staging.destroy();
  return values;
}

const length = 1001; // no multiple of a vector or a group
const levels = edmGrid(6);
const start = startNoise(float32Space, new Float32Array(length), levels[0]);
const samplers = { edmStochastic, unipc, saSolver };

/** Largest difference from the host's run as a share of the largest number: sums of float32 that start at 80. */
async function compare<T>(name: keyof typeof samplers, space: VectorSpace<T>, xT: T, read: (x: T) => Promise<Float32Array>) {
  const host = await drain(samplers[name](float32Space, gaussianDenoiser(float32Space, 0.5), start, levels));
  const drawn = await drain(samplers[name](space, gaussianDenoiser(space, 0.5), xT, levels));
  const there = await read(drawn);
  space.dispose?.(drawn);
  const scale = Math.max(...host.map(Math.abs));
  return Math.max(...there.map((value, i) => Math.abs(value - host[i]))) / scale;
}

describe.each(Object.keys(samplers) as (keyof typeof samplers)[])('%s', (name) => {
  test('draws on a device what it draws from Float32Arrays, and leaves nothing there', async (context) => {
    if (!device) return context.skip(lacking);
    const { device: watched, live } = counted(device);
    const space = webGpuSpace(watched as never) as VectorSpace<GpuVector<GPUBuffer>>;
    const xT = { buffer: upload(device, start), length };
    expect(await compare(name, space, xT, ({ buffer }) => download(device!, buffer, length))).toBeLessThan(1e-4);
    expect(live.size).toBe(0);
  });

  test('draws with tensors of onnxruntime-web on a device', async (context) => {
    if (!device) return context.skip(lacking);
    const { device: watched, live } = counted(device);
    const space = ortGpuSpace(ort as never, watched as never) as unknown as VectorSpace<ort.Tensor>;
    const xT = ort.Tensor.fromGpuBuffer(upload(device, start) as never, { dataType: 'float32', dims: [7, 11, 13] });
    const read = (x: ort.Tensor) => {
      expect(x.dims).toEqual([7, 11, 13]);
      return download(device!, x.gpuBuffer as unknown as GPUBuffer, length);
    };
    expect(await compare(name, space, xT, read)).toBeLessThan(1e-4);
    expect(live.size).toBe(0);
  });
});

test('noise, sums of many terms, clamps and products are those of the host', async (context) => {
  if (!device) return context.skip(lacking);
  const space = webGpuSpace(device as never, { seed: 5 }) as VectorSpace<GpuVector<GPUBuffer>>;
  const read = ({ buffer }: GpuVector<GPUBuffer>) => download(device!, buffer, length);
  const like = { buffer: upload(device, start), length };
  for (const index of [-1, 0, 7]) {
    const there = await read(space.noise(like, index));
    const here = hashNormals(5)(length, index);
    expect(Math.max(...there.map((value, i) => Math.abs(value - here[i])))).toBeLessThan(4e-6); // float32 logarithms and turns
  }
  const draws = Array.from({ length: 16 }, (_, k) => hashNormals(k)(length, 0) as Float32Array);
  const terms = draws.map((draw, k) => [k - 3.5, { buffer: upload(device!, draw), length }] as const);
  const sum = float32Space.combine(draws.map((draw, k) => [k - 3.5, draw] as const));
  const close = (there: Float32Array, here: Float32Array) =>
    expect(Math.max(...there.map((value, i) => Math.abs(value - here[i])))).toBeLessThan(1e-4);
  close(await read(space.combine(terms)), sum);
  close(await read(space.clamp(terms[0][1], -0.5, 1)), float32Space.clamp(draws[0], -0.5, 1));
  close(await read(space.multiply!(terms[0][1], terms[1][1])), float32Space.multiply!(draws[0], draws[1]));
  const hosted = webGpuSpace(device as never, { normals: hashNormals(9) }) as VectorSpace<GpuVector<GPUBuffer>>;
  expect(await read(hosted.noise(like, 3))).toEqual(hashNormals(9)(length, 3));
  expect(() => space.combine([...terms, [1, { buffer: like.buffer, length: 5 }]])).toThrow(/lengths \[1001,5\]/);
  expect(space.fault?.(3)).toBe('is no { buffer, length } but number');
});

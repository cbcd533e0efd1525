import { suiteGpu } from '@tract/backend-webgpu/testing';
import { edmGrid } from '@tract/schedules';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drain, edmStochastic, float32Space, hashNormals, saSolver, startNoise, unipc, type VectorSpace } from '../index.js';
import { gaussianDenoiser } from '../testing/index.js';
import { fromHalf, toHalf } from './half.js';
import { float16SpaceWith, type GpuVector, ortGpuSpace, webGpuSpace } from './index.js';

const gpu = await suiteGpu().catch((error: Error) => error.message);
const reason = typeof gpu === 'string' ? ` (skipped: ${gpu})` : '';
let device: GPUDevice;
beforeAll(async () => {
  if (typeof gpu === 'string') return;
  const adapter = await gpu.requestAdapter();
  device = await adapter!.requestDevice();
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

type Storage = 'float32' | 'float16';
const types: Storage[] = ['float32', 'float16'];

function upload(to: GPUDevice, values: Float32Array, type: Storage): GPUBuffer {
  const words = type === 'float32' ? values : toHalf([...values, ...(values.length % 2 === 0 ? [] : [0])]);
  const buffer = to.createBuffer({ size: Math.ceil(words.byteLength / 16) * 16, usage: usage.storage | usage.copies });
  to.queue.writeBuffer(buffer, 0, words as Float32Array<ArrayBuffer>);
  return buffer;
}

async function download(from: GPUDevice, buffer: GPUBuffer, length: number, type: Storage): Promise<Float32Array> {
  const staging = from.createBuffer({ size: buffer.size, usage: usage.read | 8 });
  const encoder = from.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  from.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const bytes = staging.getMappedRange().slice(0);
  staging.destroy();
  return (type === 'float32' ? new Float32Array(bytes) : fromHalf(new Uint16Array(bytes))).slice(0, length);
}

const length = 1001; // no multiple of a vector or a group
const levels = edmGrid(6);
const start = startNoise(float32Space, new Float32Array(length), levels[0]);
const samplers = { edmStochastic, unipc, saSolver };

/** Bounds on the difference as a share of the largest number: sums of numbers that start at 80, of 24 bits and of 11. */
const bounds = { float32: 1e-4, float16: 2 ** -8 };

/** Largest difference from what the host draws with numbers of the type, as a share of the largest one. */
async function compare<T>(
  name: keyof typeof samplers,
  type: Storage,
  space: VectorSpace<T>,
  xT: T,
  read: (x: T) => Promise<Float32Array>,
): Promise<number> {
  const draw = <V>(over: VectorSpace<V>, from: V) => drain(samplers[name](over, gaussianDenoiser(over, 0.5), from, levels));
  const host = type === 'float32' ? await draw(float32Space, start) : fromHalf(await draw(float16SpaceWith(), toHalf(start)));
  const drawn = await draw(space, xT);
  const there = await read(drawn);
  space.dispose?.(drawn);
  return Math.max(...there.map((value, i) => Math.abs(value - host[i]))) / Math.max(...host.map(Math.abs));
}

const runs = (Object.keys(samplers) as (keyof typeof samplers)[]).flatMap((name) => types.map((type) => [name, type] as const));
describe.skipIf(reason !== '').each(runs)(`%s in %s${reason}`, (name, dataType) => {
  test('draws on a device what it draws on the host, and leaves nothing there', async () => {
    const { device: watched, live } = counted(device);
    const space = webGpuSpace(watched as never, { dataType }) as VectorSpace<GpuVector<GPUBuffer>>;
    const xT = { buffer: upload(device, start, dataType), length };
    expect(await compare(name, dataType, space, xT, ({ buffer }) => download(device, buffer, length, dataType))).toBeLessThan(
      bounds[dataType],
    );
    expect(live.size).toBe(0);
  });

  test('draws with tensors of onnxruntime-web on a device', async () => {
    const { device: watched, live } = counted(device);
    const space = ortGpuSpace(ort as never, watched as never, { dataType }) as unknown as VectorSpace<ort.Tensor>;
    const xT = ort.Tensor.fromGpuBuffer(upload(device, start, dataType) as never, { dataType, dims: [7, 11, 13] });
    const read = (x: ort.Tensor) => {
      expect([x.dims, x.type]).toEqual([[7, 11, 13], dataType]);
      return download(device, x.gpuBuffer as unknown as GPUBuffer, length, dataType);
    };
    expect(await compare(name, dataType, space, xT, read)).toBeLessThan(bounds[dataType]);
    expect(live.size).toBe(0);
  });
});

test.skipIf(reason !== '').each(types)(
  `noise, sums of many terms, clamps and products of %s are those of the host${reason}`,
  async (dataType) => {
    const space = webGpuSpace(device as never, { seed: 5, dataType }) as VectorSpace<GpuVector<GPUBuffer>>;
    const vector = (values: Float32Array) => ({ buffer: upload(device, values, dataType), length });
    const read = ({ buffer }: GpuVector<GPUBuffer>) => download(device, buffer, length, dataType);
    const stored = (values: Float32Array) => (dataType === 'float32' ? values : fromHalf(toHalf(values)));
    // Float32 logarithms and turns, and sums in another order; one unit of a half for each rounding, which WGSL lets a device do to either side.
    const share = { float32: 2e-6, float16: 3 * 2 ** -10 }[dataType];
    const expectClose = (there: Float32Array, here: Float32Array) =>
      expect(Math.max(...there.map((value, i) => Math.abs(value - here[i])))).toBeLessThan(share * Math.max(...here.map(Math.abs)));
    const like = vector(start);
    for (const index of [-1, 0, 7]) expectClose(await read(space.noise(like, index)), hashNormals(5)(length, index) as Float32Array);
    const draws = Array.from({ length: 16 }, (_, k) => stored(hashNormals(k)(length, 0) as Float32Array));
    const terms = draws.map((draw, k) => [k - 3.5, vector(draw)] as const);
    expectClose(await read(space.combine(terms)), float32Space.combine(draws.map((draw, k) => [k - 3.5, draw] as const)));
    expect(await read(space.clamp(terms[0][1], -0.5, 1))).toEqual(float32Space.clamp(draws[0], -0.5, 1));
    expectClose(await read(space.multiply!(terms[0][1], terms[1][1])), float32Space.multiply!(draws[0], draws[1]));
    const hosted = webGpuSpace(device as never, { normals: hashNormals(9), dataType }) as VectorSpace<GpuVector<GPUBuffer>>;
    expect(await read(hosted.noise(like, 3))).toEqual(stored(hashNormals(9)(length, 3) as Float32Array));
    expect(() => space.combine([...terms, [1, { buffer: like.buffer, length: 5 }]])).toThrow(/lengths \[1001,5\]/);
    expect(space.fault?.(3 as never)).toBe('is no { buffer, length } but number');
  },
);

test.skipIf(reason !== '')(`vectors of another type are refused by name${reason}`, async () => {
  const halves = { buffer: upload(device, start, 'float16'), length };
  const space = webGpuSpace(device as never) as VectorSpace<GpuVector<GPUBuffer>>;
  expect(space.fault?.(halves)).toBe('has 2016 bytes for 1001 numbers of float32');
  const tensors = ortGpuSpace(ort as never, device as never) as unknown as VectorSpace<ort.Tensor>;
  const tensor = ort.Tensor.fromGpuBuffer(halves.buffer as never, { dataType: 'float16', dims: [1001] });
  expect(tensors.fault?.(tensor)).toBe("is of type float16, not float32; choose the space's dataType");
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protobuf } from '@tract/checkpoint';
import { extractImages } from '@tract/metrics';
import { expect, test } from 'vitest';
import { loadOnnxExtractor } from './extractors.js';
import { type OnnxRuntime, onnxExtractor } from './onnx-extractor.js';

/** A runtime whose network gives the mean of each colour; `shape` is what its file says of the input. */
function runtime(shape: readonly (number | string)[], seen: number[][] = []): OnnxRuntime {
  class Tensor {
    constructor(
      _type: 'float32',
      readonly data: Float32Array,
      readonly dims: readonly number[],
    ) {}
  }
  const run = async ({ images }: Record<string, Tensor>) => {
    seen.push([...images.dims]);
    const first = images.dims[1] === 3;
    const pixels = images.data.length / (3 * images.dims[0]);
    const out = new Float64Array(3 * images.dims[0]);
    images.data.forEach((value, i) => {
      const n = Math.floor(i / (3 * pixels));
      out[3 * n + (first ? Math.floor(i / pixels) % 3 : i % 3)] += value / pixels;
    });
    return { features: new Tensor('float32', Float32Array.from(out), [images.dims[0], 3]) };
  };
  const session = { inputNames: ['images'], outputNames: ['features'], inputMetadata: [{ shape }], run };
  const create: OnnxRuntime['InferenceSession']['create'] = async (_path, options) => {
    // Errors alone, so that no warning of the runtime's stands between a user's lines.
    expect(options).toEqual({ logSeverityLevel: 3 });
    return session as never;
  };
  return { InferenceSession: { create }, Tensor: Tensor as never };
}

const images = {
  data: Uint8Array.from({ length: 2 * 4 * 4 * 3 }, (_, i) => (i % 3 === 1 ? 255 : 0)),
  count: 2,
  height: 4,
  width: 4,
  channels: 3,
};

test.each([
  ['channels first', ['n', 3, 8, 6], [2, 3, 8, 6]],
  ['channels last', ['n', 8, 6, 3], [2, 8, 6, 3]],
  ['sizes left open', ['n', 3, 'h', 'w'], [2, 3, 299, 299]],
])('images reach the network as its file wants them: %s', async (_name, shape, dims) => {
  const seen: number[][] = [];
  const extractor = await onnxExtractor(runtime(shape, seen), 'net.onnx', 'pytorch-fid');
  const rows = (await extractImages(extractor, images, ['features'])).get('features')!;
  expect(seen).toEqual([dims]);
  expect(rows.dimensions).toBe(3);
  for (const [i, value] of rows.values.entries()) expect(value).toBeCloseTo(i % 3 === 1 ? 1 : -1, 3);
});

/** A runtime that gives each image's first number as its row, in the form that is asked for. */
function firstNumber(
  metadata: { readonly shape?: readonly (number | string)[]; readonly type?: string },
  form: (values: number[]) => { readonly type: string; readonly data: unknown; readonly dims: readonly number[] },
  seen: unknown[] = [],
): OnnxRuntime {
  class Tensor {
    constructor(
      readonly type: string,
      readonly data: ArrayLike<number>,
      readonly dims: readonly number[],
    ) {}
  }
  const run = async ({ images: { type, data, dims } }: Record<string, Tensor>) => {
    seen.push([type, dims[0], data[0], data[1]]);
    return { features: form(Array.from({ length: dims[0] }, (_, n) => data[(n * data.length) / dims[0]])) };
  };
  const session = { inputNames: ['images'], outputNames: ['features'], inputMetadata: [metadata], run };
  return { InferenceSession: { create: async () => session as never }, Tensor: Tensor as never };
}
const float32 = (values: number[]) => ({ type: 'float32', data: Float32Array.from(values), dims: [values.length, 1] });
const five = { data: Uint8Array.of(0, 0, 0, 51, 0, 0, 102, 0, 0, 153, 0, 0, 255, 0, 0), count: 5, height: 1, width: 1, channels: 3 };
const rowsOf = async (runtimeOf: OnnxRuntime) => {
  const extractor = await onnxExtractor(runtimeOf, 'net.onnx', 'pytorch-fid');
  return [...(await extractor.extract(five, ['features'])).get('features')!.values].map((value) => Math.round(value * 1000) / 1000);
};

test('a network of a fixed batch is run in it, and what fills up the last one is dropped', async () => {
  const seen: unknown[] = [];
  expect(await rowsOf(firstNumber({ shape: [2, 3, 1, 1] }, float32, seen))).toEqual([-1, -0.6, -0.2, 0.2, 1]);
  expect(seen.map((one) => (one as number[])[1])).toEqual([2, 2, 2]);
});

test('a network in float16 is fed and read in it, one of bytes gets pixels from 0 to 255', async () => {
  const seen: unknown[] = [];
  const half = (values: number[]) => ({ type: 'float16', data: Uint16Array.from(values), dims: [values.length, 1, 1, 1] });
  // 1 is 0x3c00, and -1 has the highest bit too.
  expect(await rowsOf(firstNumber({ shape: ['n', 3, 1, 1], type: 'float16' }, half, seen))).toEqual([-1, -0.6, -0.2, 0.2, 1]);
  expect(seen).toEqual([['float16', 5, 0xbc00, 0xbc00]]);
  expect(await rowsOf(firstNumber({ shape: ['n', 3, 1, 1], type: 'uint8' }, float32))).toEqual([0, 51, 102, 153, 255]);
});

test.each<[string, string, (values: number[]) => { type: string; data: unknown; dims: number[] }, RegExp]>([
  ['an input of another type', 'int64', float32, /net\.onnx takes int64; expected images in float32, float16 or uint8/],
  [
    'maps of features',
    'float32',
    (values) => ({ type: 'float32', data: new Float32Array(values.length * 8), dims: [values.length, 2, 2, 2] }),
    /net\.onnx gives \[5,2,2,2\] for 5 images; expected one row an image, \[n, d\] or \[n, d, 1, 1\]/,
  ],
  [
    'one row for all images',
    'float32',
    () => ({ type: 'float32', data: new Float32Array(4), dims: [1, 4] }),
    /net\.onnx gives \[1,4\] for 5 images/,
  ],
  [
    'whole numbers',
    'float32',
    (values) => ({ type: 'int64', data: new BigInt64Array(values.length), dims: [values.length, 1] }),
    /net\.onnx gives int64 features; expected float32 or float16/,
  ],
])('%s: refused by name', async (_what, type, form, message) => {
  await expect(rowsOf(firstNumber({ shape: ['n', 3, 1, 1], type }, form))).rejects.toThrow(message);
});

test('an input that is no image is refused', async () => {
  await expect(onnxExtractor(runtime(['n', 64]), 'net.onnx', 'tf1')).rejects.toThrow('net.onnx takes an input of 2 axes');
});

const runtimeName: string = 'onnxruntime-node';
const installed: OnnxRuntime | undefined = await import(runtimeName).then(
  (module) => module.default ?? module,
  () => undefined,
);

/** An ONNX file (ModelProto of onnx.proto3, opset 13) whose network is the mean over height and width of images [n, 3, height, width]. */
function meanOfColours(height: number, width: number): Buffer {
  const { bytesField, intField, messageField } = protobuf;
  const axes = (...sizes: readonly (number | string)[]) =>
    sizes.map((size) => messageField(1, typeof size === 'number' ? intField(1, size) : bytesField(2, size)));
  const float32 = 1;
  const value = (name: string, ...sizes: readonly (number | string)[]) => [
    bytesField(1, name),
    messageField(2, messageField(1, intField(1, float32), messageField(2, ...axes(...sizes)))),
  ];
  const node = [bytesField(1, 'images'), bytesField(2, 'features'), bytesField(4, 'GlobalAveragePool')];
  const input = value('images', 'n', 3, height, width);
  const output = value('features', 'n', 3, 1, 1);
  const graph = [messageField(1, ...node), bytesField(2, 'mean'), messageField(11, ...input), messageField(12, ...output)];
  return Buffer.concat([intField(1, 8), messageField(7, ...graph), messageField(8, intField(2, 13))]);
}

async function inScratch(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tract-onnx-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the real runtime reads a file and gives its features', async (context) => {
  if (!installed) return context.skip('needs onnxruntime-node: npm install --no-save onnxruntime-node');
  await inScratch(async (folder) => {
    const file = join(folder, 'mean.onnx');
    writeFileSync(file, meanOfColours(8, 6));
    const extractor = await onnxExtractor(installed, file, 'pytorch-fid');
    const rows = (await extractImages(extractor, images, ['features'])).get('features')!;
    expect(rows.dimensions).toBe(3);
    expect(rows.values).toHaveLength(6);
    for (const [i, value] of rows.values.entries()) expect(value).toBeCloseTo(i % 3 === 1 ? 1 : -1, 3);
    writeFileSync(file, 'no network');
    await expect(onnxExtractor(installed, file, 'tf1')).rejects.toThrow(`${file} is no ONNX network that onnxruntime reads`);
  });
});

test('without onnxruntime-node the error is of a missing runtime and names the remedy', async (context) => {
  if (installed) return context.skip('onnxruntime-node is installed here');
  await inScratch(async (folder) => {
    const file = join(folder, 'net.onnx');
    writeFileSync(file, 'a network');
    await expect(loadOnnxExtractor(file, 'tf1')).rejects.toMatchObject({
      kind: 'missing-runtime',
      message: expect.stringContaining('npm install onnxruntime-node'),
    });
  });
});

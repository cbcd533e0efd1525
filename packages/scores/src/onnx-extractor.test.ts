import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractImages } from '@tract/metrics';
import { bytesField, intField, messageField } from '@tract/report';
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
  return { InferenceSession: { create: async () => session as never }, Tensor: Tensor as never };
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

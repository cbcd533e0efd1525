import { basename } from 'node:path';
import { float16Bits, toFloat32 } from '@tract/checkpoint';
import { type ImageExtractor, type InputMode, networkInput } from '@tract/metrics';
import { invalidData } from './scores-error.js';

/** Types of an input that are fed; images are float32 before. */
type InputType = 'float32' | 'float16' | 'uint8';

/** The part of onnxruntime's interface that is used; the package is optional. */
export type OnnxRuntime = {
  readonly InferenceSession: { create(path: string, options: { readonly logSeverityLevel: 3 }): Promise<OnnxSession> };
  readonly Tensor: new (type: InputType, data: Float32Array | Uint16Array | Uint8Array, dims: readonly number[]) => OnnxTensor;
};
type OnnxTensor = { readonly type?: string; readonly data: unknown; readonly dims: readonly number[] };
type OnnxSession = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly { readonly shape?: readonly (number | string)[]; readonly type?: string }[];
  run(feeds: Record<string, OnnxTensor>): Promise<Readonly<Record<string, OnnxTensor>>>;
};

/**
 * Open the network of an ONNX file as an extractor: its one input is [n, 3, h, w] or [n, h, w, 3] with h and w from the file (299 if
 * it leaves them open), prepared by `mode` like Inception's, in float32 or float16, or the same pixels from 0 to 255 in uint8; its first output are the
 * features, [n, d] or [n, d, 1, 1] in float32 or float16. A network of a fixed batch is run in that, the last one filled up.
 * @throws ScoresError that names the file.
 */
export async function onnxExtractor(runtime: OnnxRuntime, path: string, mode: InputMode): Promise<ImageExtractor> {
  // Of 4 levels errors alone: its warnings, of weights that no node uses and the like, would stand between a user's lines.
  const session = await runtime.InferenceSession.create(path, { logSeverityLevel: 3 }).catch((error: Error) => {
    throw invalidData(`${path} is no ONNX network that onnxruntime reads: ${error.message.split('\n')[0]}`, error);
  });
  if (session.inputNames.length !== 1) throw invalidData(`${path} has ${session.inputNames.length} inputs; expected one, the images`);
  const { shape = [], type = 'float32' } = session.inputMetadata?.[0] ?? {};
  if (!isInputType(type)) throw invalidData(`${path} takes ${type}; expected images in float32, float16 or uint8`);
  const layout = layoutOf(shape, path);
  const fixed = typeof shape[0] === 'number' && shape[0] > 0 ? shape[0] : undefined;
  const run = async (pixels: Float32Array, count: number): Promise<Float32Array> => {
    const { height, width } = layout;
    const ordered = layout.channelsFirst ? channelsFirst(pixels, count, height * width) : pixels;
    const dims = layout.channelsFirst ? [count, 3, height, width] : [count, height, width, 3];
    const input = new runtime.Tensor(type, fedAs(type, ordered, mode), dims);
    return featuresOf((await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]], count, path);
  };
  return {
    name: `${basename(path)}, ${mode}`,
    kinds: ['features'],
    extract: async (images) => {
      const pixels = networkInput(images, mode, layout);
      const values = fixed === undefined ? await run(pixels, images.count) : await inBatches(run, pixels, images.count, fixed);
      return new Map([['features', { values, dimensions: values.length / images.count }]]);
    },
  };
}

const isInputType = (type: string): type is InputType => type === 'float32' || type === 'float16' || type === 'uint8';

/** Convert prepared pixels to the type of an input; as bytes they are from 0 to 255 again. */
function fedAs(type: InputType, pixels: Float32Array, mode: InputMode): Float32Array | Uint16Array | Uint8Array {
  if (type === 'float32') return pixels;
  if (type === 'float16') return Uint16Array.from(pixels, float16Bits);
  const [scale, offset] = mode === 'pytorch-fid' ? [127.5, 127.5] : [128, 128];
  return Uint8ClampedArray.from(pixels, (value) => value * scale + offset) as unknown as Uint8Array;
}

/** Run a network that takes `batch` images at once, no more and no fewer; the rows of those that fill the last batch up are dropped. */
async function inBatches(
  run: (pixels: Float32Array, count: number) => Promise<Float32Array>,
  pixels: Float32Array,
  count: number,
  batch: number,
): Promise<Float32Array> {
  const size = pixels.length / count;
  const rows: Float32Array[] = [];
  for (let first = 0; first < count; first += batch) {
    const taken = Math.min(batch, count - first);
    const part = new Float32Array(batch * size);
    part.set(pixels.subarray(first * size, (first + taken) * size));
    const found = await run(part, batch);
    rows.push(found.subarray(0, (found.length / batch) * taken));
  }
  const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  rows.reduce((at, row) => {
    all.set(row, at);
    return at + row.length;
  }, 0);
  return all;
}

/** Take rows [n, d] from an output. @throws ScoresError for one of another form. */
function featuresOf({ type, data, dims }: OnnxTensor, count: number, path: string): Float32Array {
  const [n, d, ...rest] = dims;
  if (n !== count || !(d > 0) || rest.some((size) => size !== 1))
    throw invalidData(
      `${path} gives [${dims}] for ${count} images; expected one row an image, [n, d] or [n, d, 1, 1]; end it with a pooling`,
    );
  if (data instanceof Float32Array) return Float32Array.from(data);
  if (type === 'float16' && data instanceof Uint16Array) return toFloat32({ dtype: 'F16', shape: [data.length], data });
  // Newer versions of Node have an array of their own for float16, whose entries are numbers.
  if (type === 'float16') return Float32Array.from(data as ArrayLike<number>);
  throw invalidData(`${path} gives ${type ?? 'other'} features; expected float32 or float16`);
}

type Layout = { readonly height: number; readonly width: number; readonly channelsFirst: boolean };

/** Read the layout of the input; axes that the file leaves open have names instead of lengths. */
function layoutOf(shape: readonly (number | string)[], path: string): Layout {
  if (shape.length !== 0 && shape.length !== 4)
    throw invalidData(`${path} takes an input of ${shape.length} axes; expected images, [n, 3, h, w] or [n, h, w, 3]`);
  const channelsFirst = !(shape[3] === 3 && shape[1] !== 3);
  const [height, width] = channelsFirst ? shape.slice(2) : shape.slice(1, 3);
  const length = (size: number | string | undefined) => (typeof size === 'number' && size > 0 ? size : 299);
  return { height: length(height), width: length(width), channelsFirst };
}

function channelsFirst(pixels: Float32Array, count: number, perImage: number): Float32Array {
  const moved = new Float32Array(pixels.length);
  for (let n = 0; n < count; n++) {
    for (let p = 0; p < perImage; p++) {
      for (let c = 0; c < 3; c++) moved[(n * 3 + c) * perImage + p] = pixels[(n * perImage + p) * 3 + c];
    }
  }
  return moved;
}

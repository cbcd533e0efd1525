import { basename } from 'node:path';
import { type ImageExtractor, type InputMode, networkInput } from '@tract/metrics';
import { invalidData } from './scores-error.js';

/** The part of onnxruntime's interface that is used; the package is optional. */
export type OnnxRuntime = {
  readonly InferenceSession: { create(path: string): Promise<OnnxSession> };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OnnxTensor;
};
type OnnxTensor = { readonly data: unknown; readonly dims: readonly number[] };
type OnnxSession = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly { readonly shape?: readonly (number | string)[] }[];
  run(feeds: Record<string, OnnxTensor>): Promise<Readonly<Record<string, OnnxTensor>>>;
};

/**
 * Open the network of an ONNX file as an extractor: its one input is float32 [n, 3, h, w] or [n, h, w, 3] with h and w from the file (299 if
 * it leaves them open), prepared by `mode` like Inception's; its first output are the features, [n, d] or [n, d, 1, 1].
 * @throws ScoresError that names the file.
 */
export async function onnxExtractor(runtime: OnnxRuntime, path: string, mode: InputMode): Promise<ImageExtractor> {
  const session = await runtime.InferenceSession.create(path).catch((error: Error) => {
    throw invalidData(`${path} is no ONNX network that onnxruntime reads: ${error.message.split('\n')[0]}`, error);
  });
  if (session.inputNames.length !== 1) throw invalidData(`${path} has ${session.inputNames.length} inputs; expected one, the images`);
  const layout = layoutOf(session.inputMetadata?.[0]?.shape ?? [], path);
  return {
    name: `${basename(path)}, ${mode}`,
    kinds: ['features'],
    extract: async (images) => {
      const pixels = networkInput(images, mode, layout);
      const { height, width } = layout;
      const input = layout.channelsFirst
        ? new runtime.Tensor('float32', channelsFirst(pixels, images.count, height * width), [images.count, 3, height, width])
        : new runtime.Tensor('float32', pixels, [images.count, height, width, 3]);
      const output = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]];
      if (!(output.data instanceof Float32Array)) throw invalidData(`${path} must give float32 features`);
      return new Map([['features', { values: Float32Array.from(output.data), dimensions: output.data.length / images.count }]]);
    },
  };
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

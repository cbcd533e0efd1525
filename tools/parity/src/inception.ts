import { applyInception, INCEPTION_SIZE, type InceptionOutput, inceptionFrom, type Raster, resizeBilinear } from '@tract/metrics';
import { dispose, read, type Tensor, tensor } from '@tract/tensor';
import { type Finding, relativeError } from './compare.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';

/** float32 sums through 94 convolutions. */
const tolerance = 1e-4;

/**
 * The FID InceptionV3 on `image` [N,3,H,W], resized half-pixel bilinearly: `pool.D`, the spatial means of its blocks, `logits`, and the first pixels of the
 * resized image. The weights are a formula of tensor number, element number and `seed` for the tensors `names` of `shapes`.
 */
export const inception: Kind = {
  name: 'inception',
  recognises: (file) => file.has('image') && file.has('logits') && file.under('pool.').length > 0 && file.hasSetting('names'),
  usesBackend: true,
  check: async (file) => {
    const params = inceptionFrom(weightsOf(file));
    const images = resizedImages(file);
    const outputs = new Map<string, InceptionOutput>(file.under('pool.').map((d) => [`pool.${d}`, outputOf(d)]));
    outputs.set('logits', 'logits');
    const ours = applyInception(params, images, [...outputs.values()]);
    const findings: Finding[] = [await cornerFinding(file, images)];
    for (const [what, output] of outputs) {
      findings.push({ what, error: relativeError(await read(ours[output]), file.floats(what)), tolerance });
    }
    dispose([params, images, ours]);
    return findings;
  },
};

function outputOf(dimensions: string): InceptionOutput {
  const known = (['64', '192', '768', '2048'] as const).find((name) => name === dimensions);
  if (known === undefined) throw new BrokenFile(`'pool.${dimensions}' is no block of the network`);
  return known;
}

function weightsOf(file: GoldenFile) {
  const [names, shapes] = [file.setting('names'), file.setting('shapes')];
  if (!Array.isArray(names) || !Array.isArray(shapes) || names.length !== shapes.length) {
    throw new BrokenFile("its metadata 'names' and 'shapes' must be lists of one length");
  }
  const seed = file.number('seed');
  return new Map(names.map((name: string, j) => [name, { shape: shapes[j], data: formulaOf(name, shapes[j], j, seed) }]));
}

/** u = 2·frac(i·φ + j·ρ + seed / 10) - 1, brought to the size that fits the array's role. */
function formulaOf(name: string, shape: readonly number[], j: number, seed: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const [factor, offset] = scaleOf(name, count / shape[0]);
  return Float32Array.from({ length: count }, (_, i) => {
    const turns = i * 0.6180339887498949 + j * 0.7548776662466927 + seed * 0.1;
    return offset + factor * ((turns - Math.floor(turns)) * 2 - 1);
  });
}

function scaleOf(name: string, fanIn: number): readonly [factor: number, offset: number] {
  if (name.endsWith('.running_var')) return [1 / 4, 1];
  if (name.endsWith('.bn.weight')) return [1 / 10, 1];
  if (/\.(bias|running_mean)$/.test(name)) return [1 / 10, 0];
  return [Math.sqrt(6 / fanIn), 0];
}

function resizedImages(file: GoldenFile): Tensor {
  const { shape, values } = file.images('image');
  const [count, height, width, channels] = shape;
  const size = { height: INCEPTION_SIZE, width: INCEPTION_SIZE };
  const length = height * width * channels;
  const resized = new Float32Array(count * size.height * size.width * channels);
  for (let n = 0; n < count; n++) {
    const image: Raster = { data: Float32Array.from(values.subarray(n * length, (n + 1) * length)), height, width, channels };
    resized.set(resizeBilinear(image, size, 'half-pixel').data, n * size.height * size.width * channels);
  }
  return tensor(resized, [count, size.height, size.width, channels]);
}

async function cornerFinding(file: GoldenFile, images: Tensor): Promise<Finding> {
  const what = 'resized299.corner';
  const expected = file.images(what);
  const [count, height, width, channels] = expected.shape;
  const [, , columns] = images.shape;
  const values = await read(images);
  const ours = new Float32Array(expected.values.length);
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < height; y++) {
      const from = (n * INCEPTION_SIZE + y) * columns * channels;
      ours.set(values.subarray(from, from + width * channels), (n * height + y) * width * channels);
    }
  }
  return { what, error: relativeError(ours, expected.values), tolerance };
}

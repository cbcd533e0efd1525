import { sampleImages, streams } from '@tract/distill';
import { dispose, randomInts, read, type Tensor, tensor } from '@tract/tensor';
import type { NetworkConfig, NetworkParams } from '@tract/unet';
import { modelOf } from './diffusion-model.js';
import { ModelError, SamplingError } from './model-error.js';
import { type StoredModel, uploadParams } from './model-files.js';
import { type Sampling, type SamplingOptions, samplingOf } from './sampling.js';

export type DrawOptions = SamplingOptions & {
  readonly steps: number;
  /** Whole number in [0, 2^53). Default: 0. */
  readonly seed?: number;
  /** Images to draw: image i is a function of (seed, i) and of how it is sampled, not of what is drawn beside it. */
  readonly indices: readonly number[];
  /** Images that are drawn at a time. Default: 64. */
  readonly batch?: number;
  /** Class of all images, counted from 0. Default: drawn for each by (seed, i). */
  readonly class?: number;
  /** The model's parameters on the active backend, which stay the caller's. Default: uploaded for this call and freed at its end. */
  readonly params?: NetworkParams;
  /** Standard normal noise that image i starts from, H·W·C numbers. Default: drawn by (seed, i). */
  readonly noise?: (index: number) => Float32Array;
  /** Called before the first step of each batch and after every step. */
  readonly onStep?: (state: DrawState) => void | Promise<void>;
  /** Called with each prediction of the clean images on the way, [images of the batch,H,W,C], lent until it returns. */
  readonly onPrediction?: (x0: Tensor) => void | Promise<void>;
};

/** A batch on its way from noise to images. */
export type DrawState = {
  readonly indices: readonly number[];
  /** Steps that are done: 0 for the noise. */
  readonly step: number;
  readonly steps: number;
  /** [indices.length, H, W, C], lent until the callback returns. */
  readonly images: Tensor;
};

/** Images about in [-1, 1], on the host. */
export type DrawnBatch = {
  readonly indices: readonly number[];
  /** NHWC. */
  readonly values: Float32Array;
  /** [indices.length, H, W, C] */
  readonly shape: readonly number[];
};

/**
 * Draw images from a model, batch after batch.
 *
 * @throws SamplingError for options that do not go with the model, ModelError when the model draws what is not a number.
 */
export async function* draw(model: StoredModel, options: DrawOptions): AsyncGenerator<DrawnBatch, void, undefined> {
  const { steps, indices, batch = 64 } = options;
  if (!(Number.isInteger(batch) && batch >= 1)) throw new SamplingError('batch', `must be a whole number ≥ 1, got ${batch}`);
  const sampling = samplingOf(model, steps, options);
  requireClass(model.network, options.class);
  const params = options.params ?? uploadParams(model);
  try {
    for (let first = 0; first < indices.length; first += batch)
      yield await drawBatch(model, params, sampling, options, indices.slice(first, first + batch));
  } finally {
    if (!options.params) dispose(params);
  }
}

/** @throws SamplingError for a class that the network does not know. */
export function requireClass({ classes }: NetworkConfig, wanted: number | undefined): void {
  if (wanted === undefined || (classes > 1 && Number.isInteger(wanted) && wanted >= 0 && wanted < classes)) return;
  throw new SamplingError(
    'class',
    classes > 1
      ? `${wanted} is none of this model's ${classes} classes, counted from 0`
      : `${wanted} is for a model of several classes; leave it out`,
  );
}

async function drawBatch(
  model: StoredModel,
  params: NetworkParams,
  { sampler: name, levels, run: sampler, clip }: Sampling,
  { steps, seed = 0, class: wanted, noise, onStep, onPrediction }: DrawOptions,
  indices: readonly number[],
): Promise<DrawnBatch> {
  const { imageSize, inChannels, classes } = model.network;
  const shape = [imageSize, imageSize, inChannels];
  const start = noise && startNoise(indices, shape, noise);
  let images: Tensor | undefined;
  try {
    images = await sampleImages({
      model: modelOf(model),
      ...{ params, steps: levels, sampler, seed, indices, shape, noise: start },
      ...(classes > 1 && { labels: indices.map((index) => wanted ?? drawnClass(seed, index, classes)) }),
      ...(!clip && { clip: false as const }),
      onPrediction,
      ...(model.network.bothEnds && name === 'ddim' && { jumps: true }),
      ...(onStep && { onStep: (xt: Tensor, step: number) => onStep({ indices, step, steps, images: xt }) }),
    });
    const values = await read(images);
    if (values.some(Number.isNaN))
      throw new ModelError('the model draws what is not a number: its training diverged; train it again with a lower learning rate');
    return { indices, values, shape: images.shape };
  } finally {
    if (images) dispose(images);
    if (start) dispose(start);
  }
}

const drawnClass = (seed: number, sample: number, classes: number): number =>
  randomInts({ seed, stream: streams.sampleLabel, sample }, 1, classes)[0];

function startNoise(indices: readonly number[], shape: readonly number[], noise: (index: number) => Float32Array): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    const own = noise(index);
    if (own.length !== size) throw new SamplingError('noise', `must give ${size} numbers for an image, got ${own.length}`);
    values.set(own, i * size);
  });
  return tensor(values, [indices.length, ...shape]);
}

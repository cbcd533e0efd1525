import { toBytes } from '@tract/data';
import { denoiserOf, streams } from '@tract/distill';
import { dispose, noise, randomInts, read, scale, scope, seededTensorSpace, type Tensor } from '@tract/tensor';
import { modelOf } from './diffusion-model.js';
import { dataError, usageError } from './errors.js';
import type { Images } from './images.js';
import type { Io } from './io.js';
import { type StoredModel, uploadParams } from './model-folder.js';
import type { NetworkConfig, NetworkParams } from './network.js';
import { startProgress } from './progress.js';
import { type Sampling, type SamplingOptions, samplingOf } from './sampling.js';
import type { Pause } from './signals.js';

export type DrawOptions = SamplingOptions & {
  readonly steps: number;
  readonly count: number;
  readonly seed: number;
  /** Images at a time. */
  readonly batch: number;
  readonly silent?: boolean;
  /** What the progress line calls the work. */
  readonly phase?: string;
};

/** Draws `count` images, with progress. Image i depends on (seed, i) and how it is sampled, not on the batch. */
export async function drawImages(io: Io, stored: StoredModel, options: DrawOptions, pause: Pause): Promise<Images> {
  const { imageSize, inChannels } = stored.network;
  const { count, batch, phase } = options;
  const size = imageSize * imageSize * inChannels;
  const data = new Uint8Array(count * size);
  const sampling = samplingOf(stored, options.steps, options);
  requireClass(stored.network, options.class);
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const params = uploadParams(stored);
  try {
    for (let first = 0; first < count; first += batch) {
      const part = { first, count: Math.min(batch, count - first) };
      const drawn = await drawBatch(stored, params, sampling, options, part, async (share) => {
        progress.tick({ done: first + Math.floor(share * part.count), total: count, phase });
        await pause();
      });
      data.set(drawn, first * size);
    }
  } finally {
    dispose(params);
    progress.end();
  }
  return { data, count, height: imageSize, width: imageSize, channels: inChannels };
}

/** @throws CliError (usage) for a class that the network does not know. */
export function requireClass({ classes }: NetworkConfig, wanted: number | undefined): void {
  if (wanted === undefined || (classes > 1 && wanted < classes)) return;
  throw usageError(
    classes > 1
      ? `--class ${wanted} is none of this model's ${classes} classes, counted from 0`
      : `--class ${wanted} is for a model of several classes; leave it out`,
  );
}

/** Neighbouring images. */
type Part = { readonly first: number; readonly count: number };

/** The images of one batch as bytes. `afterStep` is called with the share of the steps that is done. */
async function drawBatch(
  stored: StoredModel,
  params: NetworkParams,
  sampling: Sampling,
  { steps, seed, class: wanted }: DrawOptions,
  part: Part,
  afterStep: (share: number) => Promise<void>,
): Promise<Uint8Array> {
  const { network, path } = stored;
  const labels = labelsOf(network, seed, part, wanted);
  const denoise = denoiserOf(modelOf(stored), params, { labels, ...(!sampling.clip && { clip: false }) });
  const space = seededTensorSpace({ seed, stream: streams.samplerNoise, firstSample: part.first });
  const xT = firstNoise(stored, sampling, seed, part);
  let xt = xT;
  try {
    let done = 0;
    await afterStep(0);
    for await (xt of sampling.run(space, denoise, xT)) await afterStep(++done / steps);
    const values = await read(xt);
    if (values.some(Number.isNaN))
      throw dataError(`${path} draws what is not a number: its training diverged; train it again with a lower --lr`);
    return toBytes(values);
  } finally {
    dispose([...new Set([xT, xt])]);
  }
}

/** Noise of the first level's scale. */
function firstNoise({ network }: StoredModel, { levels }: Sampling, seed: number, samples: Part): Tensor {
  const shape = [network.imageSize, network.imageSize, network.inChannels];
  return scope(() => scale(noise({ seed, stream: streams.sampleNoise, samples, shape }), levels[0].sigma));
}

/** A class for each image, by (seed, number) alone. */
function labelsOf({ classes }: NetworkConfig, seed: number, { first, count }: Part, wanted?: number): number[] | undefined {
  if (classes === 1) return undefined;
  const drawn = (sample: number) => randomInts({ seed, stream: streams.sampleLabel, sample }, 1, classes)[0];
  return Array.from({ length: count }, (_, i) => wanted ?? drawn(first + i));
}

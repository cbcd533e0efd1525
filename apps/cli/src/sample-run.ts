import { toBytes } from '@tract/data';
import { denoiserOf, streams } from '@tract/distill';
import { ddim } from '@tract/samplers';
import { vpGrid } from '@tract/schedules';
import { dispose, noise, read, tensorSpace } from '@tract/tensor';
import type { UNetParams } from '@tract/unet';
import { dataError } from './errors.js';
import type { Images } from './images.js';
import type { Io } from './io.js';
import { type StoredModel, uploadParams } from './model-folder.js';
import { startProgress } from './progress.js';
import type { Pause } from './signals.js';
import { unetModel } from './unet-model.js';

export type DrawOptions = {
  readonly steps: number;
  readonly count: number;
  readonly seed: number;
  /** Images at a time. */
  readonly batch: number;
  readonly silent?: boolean;
  /** What the progress line calls the work. */
  readonly phase?: string;
};

/** Draws `count` images by deterministic DDIM, with progress. Image i depends on (seed, i) and the number of steps, not on the batch. */
export async function drawImages(io: Io, stored: StoredModel, options: DrawOptions, pause: Pause): Promise<Images> {
  const { imageSize, inChannels } = stored.network;
  const { count, batch, phase } = options;
  const size = imageSize * imageSize * inChannels;
  const data = new Uint8Array(count * size);
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const params = uploadParams(stored);
  try {
    for (let first = 0; first < count; first += batch) {
      const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
      const drawn = await drawBatch(stored, params, options, indices, async (share) => {
        progress.tick({ done: first + Math.floor(share * indices.length), total: count, phase });
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

/** The images of one batch as bytes. `afterStep` is called with the share of the steps that is done. */
async function drawBatch(
  { network, prediction, path }: StoredModel,
  params: UNetParams,
  { steps, seed }: DrawOptions,
  indices: readonly number[],
  afterStep: (share: number) => Promise<void>,
): Promise<Uint8Array> {
  const shape = [network.imageSize, network.imageSize, network.inChannels];
  const denoise = denoiserOf(unetModel(network, prediction), params);
  let xt = noise({ seed, stream: streams.sampleNoise, samples: indices, shape });
  const xT = xt;
  try {
    let done = 0;
    await afterStep(0);
    for await (xt of ddim(tensorSpace, denoise, xT, vpGrid(steps))) await afterStep(++done / steps);
    const values = await read(xt);
    if (values.some(Number.isNaN))
      throw dataError(`${path} draws what is not a number: its training diverged; train it again with a lower --lr`);
    return toBytes(values);
  } finally {
    dispose([...new Set([xT, xt])]);
  }
}

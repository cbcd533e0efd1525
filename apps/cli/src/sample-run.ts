import { toBytes } from '@tract/data';
import { type Model, sampleImages } from '@tract/distill';
import { dispose, read } from '@tract/tensor';
import type { UNetConfig, UNetParams } from '@tract/unet';
import type { Images } from './images.js';
import { type StoredModel, uploadParams } from './model-folder.js';
import { unetModel } from './unet-model.js';

/** A model on the device, ready to draw. */
export type Sampler = { readonly network: UNetConfig; readonly model: Model<UNetParams>; readonly params: UNetParams };

/** The caller disposes `params`. */
export const loadSampler = (stored: StoredModel): Sampler => ({
  network: stored.network,
  model: unetModel(stored.network, stored.prediction),
  params: uploadParams(stored),
});

export type DrawOptions = { readonly steps: number; readonly count: number; readonly seed: number; readonly batch: number };

/** Draws `count` images by deterministic DDIM. Image i depends on (seed, i) and the number of steps, not on the batch. */
export async function drawImages({ network, model, params }: Sampler, options: DrawOptions, onProgress: (done: number) => void = () => {}): Promise<Images> {
  const { imageSize, inChannels } = network;
  const shape = [imageSize, imageSize, inChannels];
  const size = imageSize * imageSize * inChannels;
  const { steps, count, seed, batch } = options;
  const data = new Uint8Array(count * size);
  onProgress(0);
  for (let first = 0; first < count; first += batch) {
    const indices = Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i);
    const drawn = await sampleImages({ model, params, steps, seed, indices, shape });
    data.set(toBytes(await read(drawn)), first * size);
    dispose(drawn);
    onProgress(first + indices.length);
  }
  return { data, count, height: imageSize, width: imageSize, channels: inChannels };
}

import { type Images, toBytes } from '@tract/images';
import { type DrawOptions, draw } from './draw.js';
import type { StoredModel } from './model-files.js';

/** Options of drawing `count` images from number `first` on. Default: from 0. */
export type DrawImagesOptions = Omit<DrawOptions, 'indices'> & { readonly count: number; readonly first?: number };

/**
 * Draw `count` images as bytes. Image i is a function of (seed, i) and of how it is sampled, not of `first`, `count` or `batch`.
 * @throws SamplingError, ModelError, as `draw`.
 */
export async function drawImages(model: StoredModel, { count, first = 0, ...options }: DrawImagesOptions): Promise<Images> {
  const { imageSize, inChannels } = model.network;
  const size = imageSize * imageSize * inChannels;
  const data = new Uint8Array(count * size);
  const indices = Array.from({ length: count }, (_, i) => first + i);
  for await (const batch of draw(model, { ...options, indices })) data.set(toBytes(batch.values), (batch.indices[0] - first) * size);
  return { data, count, height: imageSize, width: imageSize, channels: inChannels };
}

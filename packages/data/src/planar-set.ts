import type { ImagesOnDemand, Labels } from './image-set.js';
import { joinBatches } from './join-batches.js';
import { pixelsOfPlanes } from './planes.js';

/** A file's worth of images as planes of colour, [labels.length, channels, height, width], and their class numbers. */
export type PlanarBatch = { readonly planes: Uint8Array; readonly labels: Labels };

/**
 * Batches in the order given as one set of square images. They stay as they are in memory, so that none is there twice and each
 * may be as large as an array can be.
 */
export function planarSet(batches: readonly PlanarBatch[], size: number, channels: number): ImagesOnDemand {
  const pixels = size * size * channels;
  const { count, labels, find } = joinBatches(batches);
  const read = (index: number): Uint8Array => {
    const { batch, within } = find(index);
    return pixelsOfPlanes(batch.planes.subarray(within * pixels, (within + 1) * pixels), channels);
  };
  return { count, height: size, width: size, channels, labels, read };
}

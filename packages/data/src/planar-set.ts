import type { ImagesOnDemand, Labels } from './image-set.js';
import { pixelsOfPlanes } from './planes.js';

/** A file's worth of images as planes of colour, [labels.length, channels, height, width], and their class numbers. */
export type PlanarBatch = { readonly planes: Uint8Array; readonly labels: Labels };

/**
 * Batches in the order given as one set of square images. They stay as they are in memory, so that none is there twice and each
 * may be as large as an array can be.
 */
export function planarSet(batches: readonly PlanarBatch[], size: number, channels: number): ImagesOnDemand {
  const pixels = size * size * channels;
  const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Uint16Array(count);
  const starts: number[] = [];
  let start = 0;
  for (const batch of batches) {
    labels.set(batch.labels, start);
    starts.push(start);
    start += batch.labels.length;
  }
  const read = (index: number): Uint8Array => {
    const part = starts.findLastIndex((first) => first <= index);
    const at = (index - starts[part]) * pixels;
    return pixelsOfPlanes(batches[part].planes.subarray(at, at + pixels), channels);
  };
  return { count, height: size, width: size, channels, labels, read };
}

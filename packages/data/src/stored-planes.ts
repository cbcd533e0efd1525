import type { ImagePlace } from './image-place.js';
import type { ImagesOnDemand, Labels } from './image-set.js';
import { joinBatches } from './join-batches.js';
import { imageReader } from './stored-images.js';

/** Planar batch that stays in its file, where the planes begin at a byte. */
export type StoredBatch = { readonly file: string; readonly offset: number; readonly labels: Labels };

/** Batches in the order given as one set of square images, each of which is read when it is asked for. */
export function storedPlanes(batches: readonly StoredBatch[], size: number, channels: number): ImagesOnDemand {
  const length = size * size * channels;
  const { count, labels, find } = joinBatches(batches);
  const place = (index: number): ImagePlace => {
    const { batch, within } = find(index);
    const part = { offset: batch.offset + within * length, length };
    return { title: `${batch.file}, image ${within} (number ${index} of the set)`, file: batch.file, part };
  };
  const form = { kind: 'planes', channels } as const;
  const read = imageReader(form);
  return { count, height: size, width: size, channels, labels, read: (index) => read(place(index)), stored: { form, place } };
}

import type { ImageSet, ImageShape, ImagesInMemory } from './image-set.js';

/** Shared memory for the images of batches, and where in it an image of a batch lies. */
export type BatchMemory = {
  readonly images: ImagesInMemory;
  /** The number in `images` of image `index`, which stands at `position` of batch `step`. */
  readonly slot: (step: number, position: number, index: number) => number;
  /** Return true if an image of a batch must be read: in a ring always, else the first time. */
  readonly claim: (index: number) => boolean;
};

/** Largest number of bytes that one array may have on every supported version of Node. */
const MAX_BYTES = 2 ** 32 - 1;

/**
 * The whole set where that takes at most `bytes`, filled as its images are asked for; else a ring of `depth` batches, in which the first one
 * makes room for the one after the last.
 */
export function batchMemory(set: ImageSet, batchSize: number, depth: number, bytes: number): BatchMemory {
  const imageBytes = set.height * set.width * set.channels;
  if (set.count * imageBytes > Math.min(bytes, MAX_BYTES)) {
    const slot = (step: number, position: number): number => (step % depth) * batchSize + position;
    return { images: sharedImages(set, depth * batchSize), slot, claim: () => true };
  }
  const claimed = new Uint8Array(set.count);
  const claim = (index: number): boolean => {
    const isNew = claimed[index] === 0;
    claimed[index] = 1;
    return isNew;
  };
  return { images: sharedImages(set, set.count), slot: (_step, _position, index) => index, claim };
}

function sharedImages({ height, width, channels }: ImageShape, count: number): ImagesInMemory {
  const data = new Uint8Array(new SharedArrayBuffer(count * height * width * channels));
  return { data, labels: new Uint8Array(0), count, height, width, channels };
}

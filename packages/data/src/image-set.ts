import { type Images, valueOfByte } from '@tract/images';
import { DataError } from './data-error.js';
import type { LeftOut } from './folder-files.js';
import type { StoredImages } from './stored-images.js';

/** Size of a data set, all of whose images have one size. */
export type ImageShape = Omit<Images, 'data'>;

/** One class number per image, from 0; none at all where the set has no classes. */
export type Labels = Uint8Array | Uint16Array;

/** Images in memory with their classes. */
export type ImagesInMemory = Images & { readonly labels: Labels } & SetFacts;

/** Further facts about a set. */
export type SetFacts = {
  /** Names of the classes by number, where they have names: the folders that the images lie in. */
  readonly classNames?: readonly string[];
  /** Files that lie among the images and are none. */
  readonly leftOut?: readonly LeftOut[];
  /** Give a digest of the images' count, size, classes, names and file sizes, which another set does not have. */
  readonly fingerprint?: () => string;
};

/** Images that are read when they are asked for: `read` gives image `index` as [height, width, channels], or throws a DataError that names it. */
export type ImagesOnDemand = ImageShape &
  SetFacts & {
    readonly labels: Labels;
    readonly read: (index: number) => Uint8Array;
    /** Places of images that are read from files each time; absent if they are in memory in another form. */
    readonly stored?: StoredImages;
  };

export type ImageSet = ImagesInMemory | ImagesOnDemand;

/** Image `index` of a set: height · width · channels bytes, a view where the set is in memory. @throws DataError when it cannot be read. */
export function imageAt(set: ImageSet, index: number): Uint8Array {
  if ('read' in set) return set.read(index);
  const pixels = set.height * set.width * set.channels;
  return set.data.subarray(index * pixels, (index + 1) * pixels);
}

/** Read all images into memory: [count, height, width, channels]. @throws DataError when one cannot be read, or memory cannot hold them. */
export function allImages(set: ImageSet): Uint8Array {
  if (!('read' in set)) return set.data;
  const pixels = set.height * set.width * set.channels;
  const bytes = set.count * pixels;
  if (bytes > MAX_IN_MEMORY)
    throw new DataError(
      'mismatch',
      `${set.count} images take ${bytes} bytes together, more than the ${MAX_IN_MEMORY} of one array; use a part of them`,
    );
  const images = new Uint8Array(bytes);
  for (let i = 0; i < set.count; i++) images.set(set.read(i), i * pixels);
  return images;
}

/** The largest typed array that every supported version of Node can make. */
const MAX_IN_MEMORY = 2 ** 32 - 1;

export type GatherOptions = {
  /** Per image of the batch: whether it is mirrored left to right. */
  readonly flip?: ArrayLike<boolean>;
};

/**
 * The images at `indices` as network input: [indices.length, height, width, channels], in [-1, 1] as `toValues` of @tract/images makes them.
 * @throws RangeError when an index is not in [0, count) or `flip` has another length than `indices`; DataError when an image cannot be read.
 */
export function gather(set: ImageSet, indices: ArrayLike<number>, { flip }: GatherOptions = {}): Float32Array {
  const { count, height, width, channels } = set;
  if (flip && flip.length !== indices.length) throw new RangeError(`gather: flip has ${flip.length} entries for ${indices.length} indices`);
  const pixels = height * width * channels;
  const batch = new Float32Array(indices.length * pixels);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw new RangeError(`gather: index must be in [0, ${count}), got ${index}`);
    const image = imageAt(set, index);
    const to = i * pixels;
    if (flip?.[i]) {
      for (let p = 0; p < pixels; p++) batch[to + p] = valueOfByte[image[mirrored(p, width, channels)]];
    } else {
      for (let p = 0; p < pixels; p++) batch[to + p] = valueOfByte[image[p]];
    }
  }
  return batch;
}

/** Return the offset of the value that moves to offset `p` when an image [height, width, channels] is mirrored left to right. */
function mirrored(p: number, width: number, channels: number): number {
  const channel = p % channels;
  const x = ((p - channel) / channels) % width;
  return p + (width - 1 - 2 * x) * channels;
}

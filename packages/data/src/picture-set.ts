import { DataError } from './data-error.js';
import { decodePicture, type PictureSize } from './decode-picture.js';
import { bytesAt, type ImagePlace } from './image-place.js';
import type { ImagesOnDemand } from './image-set.js';
import { labelsByName, type NamedPictures } from './picture-labels.js';
import { imageReader } from './stored-images.js';

/** Pictures in files that are read one by one, however many there are. */
export type PictureFiles = NamedPictures & { readonly place: (name: string) => Omit<ImagePlace, 'title'> };

export type PictureOptions = {
  /** Keep the middle `crop` x `crop` pixels of each picture, as published training does; else all must have one size. */
  readonly crop?: number;
  /** So many pictures at the start may be damaged; the first sound one says the size. */
  readonly maxBadSamples?: number;
};

/**
 * Pictures as a set: the first is read now and says the size, the others when they are asked for.
 * @throws DataError when there are none, when the first cannot be read, or when the class numbers are not to be made out.
 */
export function pictureSet(files: PictureFiles, { crop, maxBadSamples = 0 }: PictureOptions = {}): ImagesOnDemand {
  const { source, names } = files;
  if (crop !== undefined && !(Number.isInteger(crop) && crop >= 1))
    throw new RangeError(`pictureSet: crop must be at least 1, got ${crop}`);
  if (names.length === 0) throw new DataError('missing', `${source}: there are no .png, .jpg or .jpeg files in it`);
  const labels = labelsByName(files);
  const place = (index: number): ImagePlace => ({
    title: `${source}, image ${index} (${names[index]})`,
    ...files.place(names[index]),
  });
  const sizeAt = (index: number): PictureSize => {
    const { height, width, channels } = decodePicture(bytesAt(place(index)), place(index).title, crop);
    return { name: names[index], height, width, channels };
  };
  const like = firstSound(Math.min(maxBadSamples + 1, names.length), sizeAt);
  const form = { kind: 'picture', crop, like } as const;
  const read = imageReader(form);
  const { height, width, channels } = like;
  return { count: names.length, height, width, channels, labels, read: (index) => read(place(index)), stored: { form, place } };
}

/** What comes of the first of so many pictures that can be read. @throws DataError for the last of them when none can. */
function firstSound<T>(count: number, read: (index: number) => T): T {
  for (let index = 0; ; index++) {
    try {
      return read(index);
    } catch (error) {
      if (!(error instanceof DataError) || index + 1 === count) throw error;
    }
  }
}

/** By its name; what it really is, its first bytes say. */
export const isPicture = (name: string): boolean => /\.(png|jpe?g)$/i.test(name);

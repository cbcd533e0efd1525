import { DataError } from './data-error.js';
import type { ImagesOnDemand } from './image-set.js';
import { isJpegContent, readJpeg } from './jpeg.js';
import { cropCentre, type Picture } from './picture.js';
import { labelsByName, type NamedPictures } from './picture-labels.js';
import { readPng } from './png.js';

/** Pictures in files that are read one by one, however many there are. */
export type PictureFiles = NamedPictures & { readonly bytes: (name: string) => Uint8Array };

export type PictureOptions = {
  /** Keep the middle `crop` x `crop` pixels of each picture, as published training does; else all must have one size. */
  readonly crop?: number;
};

/**
 * Pictures as a set: the first is read now and says the size, the others when they are asked for.
 * @throws DataError when there are none, when the first cannot be read, or when the class numbers are not to be made out.
 */
export function pictureSet(files: PictureFiles, { crop }: PictureOptions = {}): ImagesOnDemand {
  const { source, names } = files;
  if (crop !== undefined && !(Number.isInteger(crop) && crop >= 1))
    throw new RangeError(`pictureSet: crop must be at least 1, got ${crop}`);
  if (names.length === 0) throw new DataError('missing', `${source}: there are no .png, .jpg or .jpeg files in it`);
  const labels = labelsByName(files);
  const pictureAt = (index: number): Picture => {
    const place = `${source}, image ${index} (${names[index]})`;
    const bytes = files.bytes(names[index]);
    const picture = isJpegContent(bytes) ? readJpeg(bytes, place) : readPng(bytes, place);
    return crop === undefined ? picture : cropCentre(picture, crop, place);
  };
  const first = pictureAt(0);
  const read = (index: number): Uint8Array => {
    const picture = pictureAt(index);
    if (picture.height !== first.height || picture.width !== first.width || picture.channels !== first.channels)
      throw new DataError(
        'mismatch',
        `${source}, image ${index} (${names[index]}): ${sizeOf(picture)}, but ${names[0]} is ${sizeOf(first)}; all images must have one size`,
      );
    return picture.pixels;
  };
  const { height, width, channels } = first;
  return { count: names.length, height, width, channels, labels, read };
}

const sizeOf = ({ height, width, channels }: Picture): string => `${width}x${height} with ${channels} channel${channels === 1 ? '' : 's'}`;

/** By its name; what it really is, its first bytes say. */
export const isPicture = (name: string): boolean => /\.(png|jpe?g)$/i.test(name);

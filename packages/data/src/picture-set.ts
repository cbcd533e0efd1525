import { createHash } from 'node:crypto';
import { DataError } from './data-error.js';
import { decodePicture, type PictureColour, type PictureSize } from './decode-picture.js';
import { isLeftover, LEFTOVERS, type LeftOut } from './folder-files.js';
import { type ImagePlace, placeReader } from './image-place.js';
import type { ImagesOnDemand } from './image-set.js';
import { type LabelledPictures, type LabelRule, labelsByName, type NamedPictures } from './picture-labels.js';
import { imageReader } from './stored-images.js';

/** Pictures in files that are read one by one, however many there are. */
export type PictureFiles = NamedPictures & {
  readonly place: (name: string) => Omit<ImagePlace, 'title'>;
  /** Bytes of the file of a picture. */
  readonly size: (name: string) => number;
  readonly leftOut: readonly LeftOut[];
};

/** Pictures by number, whose classes are known. */
export type NumberedPictures = LabelledPictures & {
  /** Name of the set in messages. */
  readonly source: string;
  readonly count: number;
  readonly name: (index: number) => string;
  readonly place: (index: number) => Omit<ImagePlace, 'title'>;
  readonly leftOut: readonly LeftOut[];
  /** Lines that another set, with other names or sizes of its files, does not have. */
  readonly facts: () => Iterable<string>;
};

type PixelOptions = {
  /** Keep the middle `crop` x `crop` pixels of each picture, as published training does. Default: all must have one size. */
  readonly crop?: number;
  /** Number of pictures at the start that may be damaged; the first sound one says the size. Default: 0. */
  readonly maxBadSamples?: number;
  /** Colours of the set: 'same', those of the first picture, which all must have; 'rgb', as Pillow's convert('RGB') gives them. Default: 'same'. */
  readonly colour?: PictureColour;
};

/** Options of reading pictures in shards, which have their classes in them. */
export type ShardOptions = PixelOptions & {
  /** False: the set has no classes, whatever the shards say. Default: true. */
  readonly labels?: boolean;
};

export type PictureOptions = PixelOptions & {
  /** Classes of the pictures. Default: 'folders', or those of `dataset.json` where there is one. */
  readonly classes?: LabelRule;
};

/**
 * Make a set of pictures in files of their own: the first is read now and says the size, the others when they are asked for.
 * @throws DataError when there are none, when the first cannot be read, or when the class numbers are not to be made out.
 */
export function pictureSet(files: PictureFiles, { classes = 'folders', ...pixels }: PictureOptions = {}): ImagesOnDemand {
  const { source, names, leftOut, size, place } = files;
  if (names.length === 0) throw new DataError('missing', `${source}: there are no pictures in it (${endings.join(', ')})`);
  function* facts(): Generator<string> {
    for (const name of names) yield `${size(name)} ${name}`;
  }
  const labelled = labelsByName(files, classes);
  const byNumber = { count: names.length, name: (index: number) => names[index], place: (index: number) => place(names[index]) };
  return numberedPictures({ source, leftOut, facts, ...labelled, ...byNumber }, pixels);
}

/** Make a set of pictures by number. @throws DataError when the first cannot be read. */
export function numberedPictures(files: NumberedPictures, { crop, maxBadSamples = 0, colour = 'same' }: PixelOptions = {}): ImagesOnDemand {
  const { source, count, labels, classNames, leftOut } = files;
  if (crop !== undefined && !(Number.isInteger(crop) && crop >= 1))
    throw new RangeError(`pictureSet: crop must be at least 1, got ${crop}`);
  const place = (index: number): ImagePlace => ({ title: `${source}, image ${index} (${files.name(index)})`, ...files.place(index) });
  const bytesAt = placeReader();
  const sizeAt = (index: number): PictureSize => {
    const { height, width, channels } = decodePicture(bytesAt(place(index)), place(index).title, { crop, colour });
    return { name: files.name(index), height, width, channels };
  };
  const like = firstSound(Math.min(maxBadSamples + 1, count), sizeAt);
  const form = { kind: 'picture', crop, colour, like } as const;
  const read = imageReader(form);
  const { height, width, channels } = like;
  const shape = { count, height, width, channels };
  const fingerprint = (): string => {
    const hash = createHash('sha256').update(JSON.stringify([1, shape, crop ?? 0, colour, classNames ?? [], [...labels]]));
    for (const line of files.facts()) hash.update(`${line}\n`);
    return hash.digest('hex');
  };
  return { ...shape, labels, classNames, leftOut, fingerprint, read: (index) => read(place(index)), stored: { form, place } };
}

/** Give what comes of the first of so many pictures that can be read. @throws DataError for the last of them when none can. */
function firstSound<T>(count: number, read: (index: number) => T): T {
  for (let index = 0; ; index++) {
    try {
      return read(index);
    } catch (error) {
      if (!(error instanceof DataError) || index + 1 === count) throw error;
    }
  }
}

const endings = ['.png', '.jpg', '.jpeg', '.webp', '.bmp', '.tif', '.tiff', '.ppm', '.pgm', '.pbm'];

/** True for the name of a picture; the first bytes say which kind it really is. */
export const isPicture = (name: string): boolean => endings.some((ending) => name.toLowerCase().endsWith(ending));

/** Pick the pictures of files and folders, and the folders; `leave` is told of every other file. */
export function picturesAmong(
  paths: readonly string[],
  leave: (name: string, kind: string) => void,
): Pick<NamedPictures, 'names' | 'folders'> {
  const names: string[] = [];
  const folders = new Set<string>();
  for (const path of paths) {
    if (isLeftover(path)) {
      if (!path.endsWith('/')) leave(path, LEFTOVERS);
      continue;
    }
    folders.add(path.slice(0, path.lastIndexOf('/') + 1));
    if (isPicture(path)) names.push(path);
    else if (!path.endsWith('/') && path !== 'dataset.json') leave(path, `${/\.[^./]+$/.exec(path)?.[0] ?? 'other'} files`);
  }
  return { names, folders: [...folders] };
}

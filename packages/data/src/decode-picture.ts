import { DataError } from './data-error.js';
import { isJpegContent, readJpeg } from './jpeg.js';
import { cropCentre, type Picture } from './picture.js';
import { readPng } from './png.js';

/** PNG and JPEG files as the images of a set. */
export type PictureForm = {
  readonly kind: 'picture';
  /** The middle `crop` x `crop` pixels are kept. */
  readonly crop?: number;
  /** A picture whose size all have. */
  readonly like: PictureSize;
};

export type PictureSize = { readonly name: string; readonly height: number; readonly width: number; readonly channels: number };

/** @throws DataError naming `title` when the bytes are no picture that is read, or smaller than `crop`. */
export function decodePicture(bytes: Uint8Array, title: string, crop: number | undefined): Picture {
  const picture = isJpegContent(bytes) ? readJpeg(bytes, title) : readPng(bytes, title);
  return crop === undefined ? picture : cropCentre(picture, crop, title);
}

/** @throws DataError of kind 'mismatch' naming `title` when a picture is not as large as `like`. */
export function requireLike(picture: Picture, like: PictureSize, title: string): Picture {
  if (picture.height === like.height && picture.width === like.width && picture.channels === like.channels) return picture;
  throw new DataError('mismatch', `${title}: ${sizeOf(picture)}, but ${like.name} is ${sizeOf(like)}; all images must have one size`);
}

const sizeOf = ({ height, width, channels }: Omit<PictureSize, 'name'>): string =>
  `${width}x${height} with ${channels} channel${channels === 1 ? '' : 's'}`;

import type { ImageSize } from '@tract/images';
import { DataError } from './data-error.js';

/** An image as bytes, [height, width, channels]. */
export type Picture = ImageSize & { readonly data: Uint8Array };

/** An image as its file has it: 1 to 4 channels (grey, grey and alpha, RGB, RGB and alpha) of 8 bits, or of 16 as far as they say more. */
export type RawPicture = ImageSize & {
  readonly data: Uint8Array | Uint16Array;
  /** The alpha channel comes from a colour that counts as transparent. Default: false, it is the file's own. */
  readonly keyed?: boolean;
};

/** Pixels of the largest image that is decoded. */
const MAX_PIXELS = 2 ** 26;

/** Make the error for what is wrong with a picture. */
export type BadPicture = (reason: string, cause?: unknown) => DataError;

/** Pixels of an image that is decoded whatever its file's length: no more of a short one, which may say any size, than this and so many a byte. */
const SHORT_PIXELS = 2 ** 20;

/**
 * Check the size that a file says before anything is allocated for it.
 *
 * @param stored bytes of the file.
 * @param most pixels that its format can pack into a byte. Default: 4096.
 * @throws DataError from `damaged` beyond the largest image, or beyond what so short a file can hold
 */
export function requirePixels(width: number, height: number, stored: number, damaged: BadPicture, most = 4096): void {
  if (!(width >= 1 && height >= 1)) throw damaged(`${width}x${height} pixels are none`);
  if (width * height > MAX_PIXELS) throw damaged(`${width}x${height} are more than ${MAX_PIXELS} pixels`);
  if (width * height > SHORT_PIXELS + most * stored) throw damaged(`${width}x${height} pixels cannot be in ${stored} bytes`);
}

/**
 * Keep the middle `size` x `size` pixels; of an odd remainder the larger part is cut off below and on the right.
 * @throws DataError naming `source` when the image is smaller.
 */
export function cropCentre({ height, width, channels, data: pixels }: Picture, size: number, source: string): Picture {
  if (height < size || width < size)
    throw new DataError('mismatch', `${source}: ${width}x${height} is too small to crop to ${size}x${size}`);
  const [top, left] = [(height - size) >> 1, (width - size) >> 1];
  const cropped = new Uint8Array(size * size * channels);
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * width + left) * channels;
    cropped.set(pixels.subarray(from, from + size * channels), y * size * channels);
  }
  return { height: size, width: size, channels, data: cropped };
}

import { TEXT_SAMPLE_BYTES, textContent } from '@tract/checkpoint';
import { isBmp, readBmp } from './bmp.js';
import { DataError } from './data-error.js';
import { isJpeg, readJpeg } from './jpeg.js';
import { type BadPicture, cropCentre, type Picture, type RawPicture } from './picture.js';
import { isPng, readPng } from './png.js';
import { isPnm, readPnm } from './pnm.js';
import { isTiff, readTiff } from './tiff.js';
import { isWebp, readWebp } from './webp.js';

/**
 * Colours of the pictures of a set. 'same': grey stays grey, all else is RGB, and all have the colours of the first; 16 bits are cut to their upper 8, and
 * transparency is refused where it is any. 'rgb': as Pillow's convert('RGB'), which drops transparency and cuts grey of 16 bits at 255.
 */
export type PictureColour = 'same' | 'rgb';

/** Files of pictures as the images of a set. */
export type PictureForm = {
  readonly kind: 'picture';
  /** Side of the middle that is kept. */
  readonly crop?: number;
  readonly colour: PictureColour;
  /** A picture whose size all have. */
  readonly like: PictureSize;
};

export type PictureSize = { readonly name: string; readonly height: number; readonly width: number; readonly channels: number };

const kinds: readonly (readonly [is: (bytes: Uint8Array) => boolean, read: (bytes: Uint8Array, damaged: BadPicture) => RawPicture])[] = [
  [isPng, readPng],
  [isJpeg, readJpeg],
  [isWebp, readWebp],
  [isBmp, readBmp],
  [isTiff, readTiff],
  [isPnm, readPnm],
];

/** Beginnings of kinds that are known, to be named and not read. */
const otherKinds: readonly (readonly [name: string, begins: readonly string[]])[] = [
  ['a GIF', ['GIF87a', 'GIF89a']],
  ['a picture of AVIF', ['....ftypavif', '....ftypavis']],
  ['a picture of HEIC', ['....ftyphei', '....ftyphev', '....ftypmif1', '....ftypmsf1']],
  ['a picture of JPEG XL', ['\xff\x0a', '....JXL ']],
  ['a picture of JPEG 2000', ['\xff\x4f\xff\x51', '....jP  ']],
  ['a BigTIFF', ['II+\0', 'MM\0+']],
];

/** Compare the first bytes with a text, whose dots stand for any byte. */
const beginsWith = (bytes: Uint8Array, text: string): boolean =>
  bytes.length >= text.length && [...text].every((char, i) => char === '.' || char.charCodeAt(0) === bytes[i]);

/** Say what bytes are that are no picture that is read. */
function otherContent(bytes: Uint8Array): string {
  const [name] = otherKinds.find(([, begins]) => begins.some((text) => beginsWith(bytes, text))) ?? [];
  if (name) return `${name} is not read; convert it to PNG`;
  if (bytes.length === 0) return 'not a picture: it is empty';
  return `not a picture that is read: it is ${textContent(bytes.subarray(0, TEXT_SAMPLE_BYTES)) ?? 'no PNG, JPEG, WebP, BMP, TIFF or PPM'}`;
}

/** Decode a picture, told by its first bytes. @throws DataError naming `title` when the bytes are no picture that is read, or smaller than `crop`. */
export function decodePicture(bytes: Uint8Array, title: string, { crop, colour }: Pick<PictureForm, 'crop' | 'colour'>): Picture {
  const damaged: BadPicture = (reason, cause) => new DataError('damaged', `${title}: ${reason}`, { cause });
  const kind = kinds.find(([is]) => is(bytes));
  if (!kind) throw damaged(otherContent(bytes));
  const raw = kind[1](bytes, damaged);
  const picture = colour === 'rgb' ? toRgb(raw) : withoutAlpha(raw, damaged);
  return crop === undefined ? picture : cropCentre(picture, crop, title);
}

/** Convert a picture to RGB as Pillow's convert('RGB') does. */
function toRgb({ height, width, channels, data: pixels, keyed = false }: RawPicture): Picture {
  const isGrey = channels < 3;
  // Pillow keeps grey of 16 bits, a transparent one among it or not, as numbers and cuts them off at 255; of colours it takes the upper byte.
  const byte = !(pixels instanceof Uint16Array)
    ? (value: number) => value
    : isGrey && (channels === 1 || keyed)
      ? (value: number) => Math.min(value, 255)
      : (value: number) => value >> 8;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) rgb[i * 3 + c] = byte(pixels[i * channels + (isGrey ? 0 : c)]);
  return { height, width, channels: 3, data: rgb };
}

/** The colours as they are, of 8 bits. @throws DataError from `damaged` where a pixel is transparent: of what stands behind it the file says nothing */
function withoutAlpha({ height, width, channels, data: pixels }: RawPicture, damaged: BadPicture): Picture {
  const isWide = pixels instanceof Uint16Array;
  const kept = channels < 3 ? 1 : 3;
  const made = new Uint8Array(width * height * kept);
  for (let i = 0; i < width * height; i++) {
    if (kept < channels && pixels[i * channels + kept] !== (isWide ? 65_535 : 255))
      throw damaged('it is transparent in places; put it before a background and save it again');
    for (let c = 0; c < kept; c++) made[i * kept + c] = isWide ? pixels[i * channels + c] >> 8 : pixels[i * channels + c];
  }
  return { height, width, channels: kept, data: made };
}

/** @throws DataError of kind 'mismatch' naming `title` when a picture is not as large as `like`. */
export function requireLike(picture: Picture, like: PictureSize, title: string): Picture {
  if (picture.height === like.height && picture.width === like.width && picture.channels === like.channels) return picture;
  throw new DataError('mismatch', `${title}: ${sizeOf(picture)}, but ${like.name} is ${sizeOf(like)}; all images must have one size`);
}

const sizeOf = ({ height, width, channels }: Omit<PictureSize, 'name'>): string =>
  `${width}x${height} with ${channels} channel${channels === 1 ? '' : 's'}`;

import { type BadPicture, type RawPicture, requirePixels } from './picture.js';

type Kind = { readonly channels: number; readonly isText: boolean; readonly isBits?: boolean };

/** P1 and P4 are black and white, P2 and P5 grey, P3 and P6 RGB; the first of each is text. */
const kinds: Readonly<Record<number, Kind>> = {
  49: { channels: 1, isText: true, isBits: true },
  50: { channels: 1, isText: true },
  51: { channels: 3, isText: true },
  52: { channels: 1, isText: false, isBits: true },
  53: { channels: 1, isText: false },
  54: { channels: 3, isText: false },
};

export const isPnm = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && kinds[bytes[1]] !== undefined && isSpace(bytes[2]);

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 9 && byte <= 13);

/**
 * Decode a PBM, PGM or PPM, of text or bytes, as Pillow does it: scaled to 255 and rounded to the nearest, but grey that says more than 8 bits hold to 65535.
 * @throws DataError from `damaged`
 */
export function readPnm(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  const { channels, isText, isBits } = kinds[bytes[1]];
  let at = 2;
  const next = (mostDigits = 10): number => {
    for (; at < bytes.length && (isSpace(bytes[at]) || bytes[at] === 0x23); at++)
      if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
    let digits = '';
    for (; at < bytes.length && !isSpace(bytes[at]) && digits.length < mostDigits; at++) digits += String.fromCharCode(bytes[at]);
    if (!/^\d+$/.test(digits)) throw damaged('a number is missing: it is cut off, or no PPM');
    return Number(digits);
  };
  const [width, height, most] = [next(), next(), isBits ? 1 : next()];
  requirePixels(width, height, bytes.length, damaged);
  if (!(most >= 1 && most <= 65_535)) throw damaged(`its largest value is ${most}, expected 1 to 65,535`);
  const rowBytes = isBits ? Math.ceil(width / 8) : width * channels * (most > 255 ? 2 : 1);
  if (!isText && ++at + rowBytes * height > bytes.length) throw damaged('it is cut off');
  const valueAt = (i: number): number => {
    if (isText) return next(isBits ? 1 : 10);
    if (isBits) return (bytes[at + rowBytes * Math.floor(i / width) + ((i % width) >> 3)] >> (7 - ((i % width) & 7))) & 1;
    return most > 255 ? (bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1] : bytes[at + i];
  };
  const isWide = most > 255 && channels === 1;
  const pixels = isWide ? new Uint16Array(width * height) : new Uint8Array(width * height * channels);
  const white = isWide ? 65_535 : 255;
  for (let i = 0; i < pixels.length; i++) {
    const value = valueAt(i);
    pixels[i] = Math.min(white, Math.round(((isBits ? 1 - value : value) / most) * white));
  }
  return { width, height, channels, data: pixels };
}

import { type BadPicture, type RawPicture, requirePixels } from './picture.js';

/** P2 and P5 are grey, P3 and P6 RGB; the first of each is text. */
const kinds: Readonly<Record<number, { readonly channels: number; readonly isText: boolean }>> = {
  50: { channels: 1, isText: true },
  51: { channels: 3, isText: true },
  53: { channels: 1, isText: false },
  54: { channels: 3, isText: false },
};

export const isPnm = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && kinds[bytes[1]] !== undefined && isSpace(bytes[2]);

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 9 && byte <= 13);

/** Decode a PGM or PPM, of text or bytes, scaled to 255 as Pillow does it: rounded to the nearest. @throws DataError from `damaged` */
export function readPnm(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  const { channels, isText } = kinds[bytes[1]];
  let at = 2;
  const next = (): number => {
    for (; at < bytes.length && (isSpace(bytes[at]) || bytes[at] === 0x23); at++)
      if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
    let digits = '';
    for (; at < bytes.length && !isSpace(bytes[at]) && digits.length < 10; at++) digits += String.fromCharCode(bytes[at]);
    if (!/^\d+$/.test(digits)) throw damaged('a number is missing: it is cut off, or no PPM');
    return Number(digits);
  };
  const [width, height, most] = [next(), next(), next()];
  requirePixels(width, height, bytes.length, damaged);
  if (!(most >= 1 && most <= 65_535)) throw damaged(`its largest value is ${most}, expected 1 to 65,535`);
  const count = width * height * channels;
  const size = most > 255 ? 2 : 1;
  if (!isText && ++at + count * size > bytes.length) throw damaged('it is cut off');
  const pixels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = isText ? next() : size === 1 ? bytes[at + i] : (bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1];
    pixels[i] = Math.min(255, Math.round((value / most) * 255));
  }
  return { width, height, channels, data: pixels };
}

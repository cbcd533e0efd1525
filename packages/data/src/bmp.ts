import { withPalette } from './palette.js';
import { type BadPicture, type RawPicture, requirePixels } from './picture.js';

export const isBmp = (bytes: Uint8Array): boolean => bytes[0] === 0x42 && bytes[1] === 0x4d;

/** Decode a BMP without compression, of 1, 4 or 8 bits with a palette or of 24 or 32 bits; the fourth byte of a pixel is not used, as Pillow has it. @throws DataError from `damaged` */
export function readBmp(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [start, headerSize] = bytes.length < 18 ? [0, 0] : [view.getUint32(10, true), view.getUint32(14, true)];
  if (headerSize === 12) throw damaged('a BMP of OS/2 is not read; convert it to PNG');
  if (bytes.length < 54) throw damaged('it is cut off');
  const [width, signedHeight] = [view.getInt32(18, true), view.getInt32(22, true)];
  const [bits, compression] = [view.getUint16(28, true), view.getUint32(30, true)];
  const height = Math.abs(signedHeight);
  requirePixels(width, height, bytes.length, damaged);
  const standardMasks = compression === 3 && bits === 32 && view.getUint32(54, true) === 0xff0000 && view.getUint32(62, true) === 0xff;
  if (headerSize < 40 || ![1, 4, 8, 24, 32].includes(bits) || !(compression === 0 || standardMasks))
    throw damaged(
      `a BMP of ${bits} bits ${compression === 1 || compression === 2 ? 'packed in runs' : `in compression ${compression}`} is not read; convert it to PNG`,
    );
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (start + stride * height > bytes.length) throw damaged('it is cut off');
  const rowAt = (y: number): number => start + stride * (signedHeight > 0 ? height - 1 - y : y);
  if (bits > 8) {
    const pixels = new Uint8Array(width * height * 3);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) pixels[(y * width + x) * 3 + c] = bytes[rowAt(y) + x * (bits / 8) + 2 - c];
    return { width, height, channels: 3, data: pixels };
  }
  const count = view.getUint32(46, true) || 2 ** bits;
  const colours = 14 + headerSize;
  if (count > 2 ** bits || colours + 4 * count > start) throw damaged('its palette does not fit');
  const palette = Array.from({ length: count }, (_, i) => [2, 1, 0].map((c) => bytes[colours + 4 * i + c]));
  const indices = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      indices[y * width + x] = (bytes[rowAt(y) + (bit >> 3)] >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    }
  }
  return greyWhereGrey(withPalette({ width, height, indices, palette }, damaged), palette);
}

/** A palette of greys is a grey picture, as it is for Pillow. */
function greyWhereGrey(picture: RawPicture, palette: readonly (readonly number[])[]): RawPicture {
  if (!palette.every(([red, green, blue]) => red === green && green === blue)) return picture;
  return { ...picture, channels: 1, data: (picture.data as Uint8Array).filter((_, i) => i % 3 === 0) };
}

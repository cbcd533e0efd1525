import createDecoder, { type MozJPEGModule } from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import { type BadPicture, type RawPicture, requirePixels } from './picture.js';
import { warnOnce } from './warn-once.js';
import { startWasmDecoder } from './wasm-decoder.js';

let decoder: MozJPEGModule | undefined;
/** Lines that the decoder has printed for the image at hand. */
const warnings: string[] = [];

/** Message of libjpeg for bytes between segments; it skips them, as it does for Pillow. */
const harmless = /extraneous bytes before marker/;

/**
 * Decode a JPEG of grey or colour, baseline or progressive, as libjpeg does: the same bytes as Pillow's. Its orientation tag is not applied,
 * as Pillow does not either. CMYK is refused: this libjpeg gives RGB only, and has no rule for it. Stray bytes between segments are passed over with one warning.
 * @throws DataError from `damaged`, also when the file is cut off or its decoder warns of damage.
 */
export function readJpeg(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  const { width, height, channels } = frameOf(bytes, damaged);
  // A block of 8x8 pixels takes a bit or more, of which subsampling makes four times as many.
  requirePixels(width, height, bytes.length, damaged, 2048);
  warnings.length = 0;
  let rgba: Uint8ClampedArray | undefined;
  try {
    decoder ??= startWasmDecoder<MozJPEGModule>(createDecoder, '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', (line) => warnings.push(line));
    rgba = decoder.decode(bytes as BufferSource, false)?.data;
  } catch (cause) {
    decoder = undefined; // it has ended itself
    throw damaged(`does not decode (${warnings[0] ?? (cause as Error).message})`, cause);
  }
  const serious = warnings.find((line) => !harmless.test(line));
  if (serious !== undefined) throw damaged(`does not decode (${serious})`);
  if (rgba?.length !== width * height * 4) throw damaged('does not decode');
  if (warnings.length > 0)
    warnOnce('stray bytes in JPEG files', damaged(`has stray bytes, which are passed over (${warnings[0].trim()})`).message);
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < channels; c++) pixels[i * channels + c] = rgba[i * 4 + c];
  return { height, width, channels, data: pixels };
}

export const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;

/** Size and channels from the frame header, before anything is allocated for them. */
function frameOf(bytes: Uint8Array, damaged: BadPicture): { width: number; height: number; channels: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 2; at + 9 < bytes.length; ) {
    const marker = bytes[at + 1];
    // A marker is 0xff and a byte that is neither 0 nor 0xff; any other bytes here are stray.
    if (bytes[at] !== 0xff || marker === 0xff || marker === 0) at += 1;
    else if (isFrame(marker)) {
      const [depth, components] = [bytes[at + 4], bytes[at + 9]];
      if (components === 4) throw damaged('a JPEG of CMYK is not read, its decoder gives RGB only; convert it to RGB');
      if (depth !== 8 || (components !== 1 && components !== 3))
        throw damaged(`expected 8-bit grey or colour, got ${depth} bits with ${components} components; convert it`);
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7), channels: components };
    } else at += 2 + view.getUint16(at + 2);
  }
  throw damaged('it has no frame header');
}

/** SOF0 to SOF15; among these numbers are also DHT, JPG and DAC. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

import createDecoder, { type WebPModule } from '@jsquash/webp/codec/dec/webp_dec.js';
import { type BadPicture, type RawPicture, requirePixels } from './picture.js';
import { startWasmDecoder } from './wasm-decoder.js';

const tagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

export const isWebp = (bytes: Uint8Array): boolean => tagAt(bytes, 0) === 'RIFF' && tagAt(bytes, 8) === 'WEBP';

let decoder: WebPModule | undefined;

/** Decode a WebP, lossy or lossless, as libwebp does: the same bytes as Pillow's. Of an animation there is nothing. @throws DataError from `damaged` */
export function readWebp(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  const { width, height } = sizeOf(bytes, damaged);
  requirePixels(width, height, bytes.length, damaged);
  let rgba: Uint8ClampedArray | undefined;
  try {
    decoder ??= startWasmDecoder<WebPModule>(createDecoder, '@jsquash/webp/codec/dec/webp_dec.wasm', () => {});
    rgba = decoder.decode(bytes as BufferSource)?.data;
  } catch (cause) {
    decoder = undefined; // it has ended itself
    throw damaged(`does not decode (${(cause as Error).message})`, cause);
  }
  if (rgba?.length !== width * height * 4) throw damaged('does not decode; it may be cut off or an animation');
  return { width, height, channels: 4, data: Uint8Array.from(rgba) };
}

/** Size by the first chunk, before anything is allocated for it. */
function sizeOf(bytes: Uint8Array, damaged: BadPicture): { width: number; height: number } {
  if (bytes.length < 30) throw damaged('it is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (tagAt(bytes, 12)) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      const packed = view.getUint32(21, true);
      return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) };
    }
    case 'VP8X':
      return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
    default:
      throw damaged('not a WebP file: its first chunk is of another kind');
  }
}

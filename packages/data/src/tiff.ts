import { decode } from 'tiff';
import { withPalette } from './palette.js';
import { type BadPicture, type RawPicture, requirePixels } from './picture.js';

export const isTiff = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x49 && bytes[1] === 0x49 && bytes[2] === 42 && bytes[3] === 0) ||
  (bytes[0] === 0x4d && bytes[1] === 0x4d && bytes[2] === 0 && bytes[3] === 42);

const WHITE_IS_ZERO = 0;
/** Grey or RGB, and what stands behind them. */
const MAX_SAMPLES = 5;

/** Bytes of a value of each type of a field. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/** Check that no field of the first page's directory promises more values than the file holds: its decoder makes room for them before it reads them. */
function requireDirectory(bytes: Uint8Array, damaged: BadPicture): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === 0x49;
  const start = bytes.length >= 8 ? view.getUint32(4, little) : bytes.length;
  if (start + 2 > bytes.length) throw damaged('it is cut off');
  const fields = view.getUint16(start, little);
  if (start + 2 + 12 * fields > bytes.length) throw damaged('it is cut off');
  for (let i = 0; i < fields; i++) {
    const at = start + 2 + 12 * i;
    const [type, count] = [view.getUint16(at + 2, little), view.getUint32(at + 4, little)];
    if ((typeBytes[type] ?? 1) * count > bytes.length) throw damaged(`a field of it promises ${count} values, more than the file holds`);
  }
}

/** Decode the first page of a TIFF of 8 or 16 bits: grey, palette, RGB, with alpha or without. @throws DataError from `damaged` */
export function readTiff(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  requireDirectory(bytes, damaged);
  try {
    const [page] = decode(bytes, { pages: [0], ignoreImageData: true });
    requirePixels(page.width, page.height, bytes.length, damaged);
    if (page.samplesPerPixel > MAX_SAMPLES) throw damaged(`a TIFF of ${page.samplesPerPixel} channels is not read; convert it to PNG`);
    const [{ width, height, data, palette, components, bitsPerSample, alpha, type }] = decode(bytes, { pages: [0] });
    const channels = components + (alpha && components % 2 === 1 && data.length === width * height * (components + 1) ? 1 : 0);
    const isRead = (bitsPerSample === 8 || bitsPerSample === 16) && !(data instanceof Float32Array) && !(data instanceof Float64Array);
    if (!isRead || channels > 4 || type === WHITE_IS_ZERO)
      throw damaged(`a TIFF of ${bitsPerSample} bits and ${channels} channels is not read; convert it to PNG`);
    if (data.length !== width * height * channels)
      throw damaged(`decodes to ${data.length} samples, expected ${width * height * channels}`);
    if (palette)
      return withPalette({ width, height, indices: data, palette: palette.map((colour) => colour.map((value) => value >> 8)) }, damaged);
    return { width, height, channels, data: data instanceof Uint16Array ? data : Uint8Array.from(data) };
  } catch (cause) {
    if ((cause as Error).name === 'DataError') throw cause;
    throw damaged(`a TIFF of this kind is not read (${(cause as Error).message}); convert it to PNG`, cause);
  }
}

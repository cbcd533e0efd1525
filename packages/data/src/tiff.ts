import { decode } from 'tiff';
import { withPalette } from './palette.js';
import { type BadPicture, type RawPicture, requirePixels } from './picture.js';

export const isTiff = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x49 && bytes[1] === 0x49 && bytes[2] === 42 && bytes[3] === 0) ||
  (bytes[0] === 0x4d && bytes[1] === 0x4d && bytes[2] === 0 && bytes[3] === 42);

const WHITE_IS_ZERO = 0;
/** Grey or RGB, and what stands behind them. */
const MAX_SAMPLES = 5;

/** Types of a field: whole numbers of 16 and of 32 bits. */
const [SHORT, LONG] = [3, 4];
/** Bytes of a value of each type of a field. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/** Numbers of the fields that say what kind of TIFF it is, and what is read of each. Source: TIFF 6.0, section 8, and its supplements. */
const kindFields: Readonly<Record<number, (value: number) => string | undefined>> = {
  258: (bits) => (bits === 8 || bits === 16 ? undefined : `a TIFF of ${bits} bit${bits === 1 ? '' : 's'}`),
  259: (compression) => ([1, 5, 8, 32_946].includes(compression) ? undefined : `a TIFF in compression ${compression}`),
  262: (colours) =>
    colours >= 1 && colours <= 3 ? undefined : colours === WHITE_IS_ZERO ? 'a TIFF whose 0 is white' : `a TIFF of colour space ${colours}`,
  284: (planes) => (planes === 1 ? undefined : 'a TIFF of separate planes'),
  // The width of a tile, which any other TIFF lacks.
  322: () => 'a TIFF in tiles',
  339: (form) => (form === 1 ? undefined : 'a TIFF of signed or floating-point numbers'),
};

/**
 * Check that no field of the first page's directory promises more values than the file holds, for which its decoder makes room before it reads them; and
 * that the picture is of a kind that the decoder knows: of others it gives wrong pixels (tiles of colours, or with a predictor) or errors that say nothing to a user.
 */
function requireDirectory(bytes: Uint8Array, damaged: BadPicture): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === 0x49;
  const start = bytes.length >= 8 ? view.getUint32(4, little) : bytes.length;
  if (start + 2 > bytes.length) throw damaged('it is cut off');
  const fields = view.getUint16(start, little);
  if (start + 2 + 12 * fields > bytes.length) throw damaged('it is cut off');
  let saysBits = false;
  for (let i = 0; i < fields; i++) {
    const at = start + 2 + 12 * i;
    const [type, count] = [view.getUint16(at + 2, little), view.getUint32(at + 4, little)];
    const size = (typeBytes[type] ?? 1) * count;
    if (size > bytes.length) throw damaged(`a field of it promises ${count} values, more than the file holds`);
    // Of a list, such as one number a channel, the first; it lies elsewhere where it is longer than four bytes.
    const place = size > 4 ? view.getUint32(at + 8, little) : at + 8;
    const read = type === SHORT ? (from: number) => view.getUint16(from, little) : (from: number) => view.getUint32(from, little);
    const value = place + 4 <= bytes.length && (type === SHORT || type === LONG) ? read(place) : undefined;
    const tag = view.getUint16(at, little);
    saysBits ||= tag === 258;
    const kind = value === undefined ? undefined : kindFields[tag]?.(value);
    if (kind) throw damaged(`${kind} is not read; convert it to PNG`);
  }
  if (!saysBits) throw damaged('a TIFF of 1 bit is not read; convert it to PNG');
}

/** Decode the first page of a TIFF of 8 or 16 bits: grey, palette, RGB, with alpha or without. @throws DataError from `damaged` */
export function readTiff(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  requireDirectory(bytes, damaged);
  try {
    const [page] = decode(bytes, { pages: [0], ignoreImageData: true });
    requirePixels(page.width, page.height, bytes.length, damaged);
    if (page.samplesPerPixel > MAX_SAMPLES) throw damaged(`a TIFF of ${page.samplesPerPixel} channels is not read; convert it to PNG`);
    const [{ width, height, data, palette, components, bitsPerSample, alpha }] = decode(bytes, { pages: [0] });
    const channels = components + (alpha && components % 2 === 1 && data.length === width * height * (components + 1) ? 1 : 0);
    const isRead = (bitsPerSample === 8 || bitsPerSample === 16) && !(data instanceof Float32Array) && !(data instanceof Float64Array);
    if (!isRead || channels > 4) throw damaged(`a TIFF of ${bitsPerSample} bits and ${channels} channels is not read; convert it to PNG`);
    if (data.length !== width * height * channels)
      throw damaged(`decodes to ${data.length} samples, expected ${width * height * channels}`);
    if (palette)
      return withPalette({ width, height, indices: data, palette: palette.map((colour) => colour.map((value) => value >> 8)) }, damaged);
    return { width, height, channels, data: data instanceof Uint16Array ? data : Uint8Array.from(data) };
  } catch (cause) {
    if ((cause as Error).name === 'DataError') throw cause;
    throw damaged('does not decode; it may be cut off, or of a kind that is not read: convert it to PNG', cause);
  }
}

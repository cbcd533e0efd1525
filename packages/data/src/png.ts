import { crc32 } from '@tract/checkpoint';
import { decode } from 'fast-png';
import { readInterlaced, sampleAt } from './interlaced-png.js';
import { withPalette } from './palette.js';
import { type BadPicture, type RawPicture, requirePixels } from './picture.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_END = 33;

export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => bytes[i] === byte);

/** Samples of a pixel by the number of the colour type; the palette's is an index. */
const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;

/** Decode a PNG of any colour type and depth. A transparent colour (tRNS) becomes an alpha channel. @throws DataError from `damaged` */
export function readPng(bytes: Uint8Array, damaged: BadPicture): RawPicture {
  if (bytes.length < HEADER_END) throw damaged('it is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  requirePixels(width, height, bytes.length, damaged);
  const [depth, colour] = [bytes[24], bytes[25]];
  const channels = samples[colour];
  if (channels === undefined || ![1, 2, 4, 8, 16].includes(depth)) throw damaged(`${depth} bits of colour type ${colour} are no PNG`);
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  const { essentials, transparency } = pixelChunks(bytes, height * (1 + rowBytes), damaged);
  const header = { width, height, depth, channels, rowBytes };
  const isInterlaced = bytes[28] === 1 && depth < 8;
  const { pixels, palette } = (isInterlaced ? interlacedSamples : samplesOf)(essentials, header, damaged);
  if (colour === PALETTE) return withPalette({ width, height, indices: pixels, palette, alpha: transparency }, damaged);
  // Scaled to 8 bits as Pillow does it: 2 bits are 0, 85, 170, 255.
  if (depth < 8) for (let i = 0; i < pixels.length; i++) pixels[i] *= 255 / (2 ** depth - 1);
  if (!transparency) return { width, height, channels, data: pixels };
  return withTransparentColour({ width, height, channels, data: pixels }, transparency, depth);
}

type Header = Packed & { readonly channels: number };
type Samples = { readonly pixels: Uint8Array | Uint16Array; readonly palette: readonly ArrayLike<number>[] };

function samplesOf(essentials: readonly Uint8Array[], { width, height, depth, channels, rowBytes }: Header, damaged: BadPicture): Samples {
  let image: ReturnType<typeof decode>;
  try {
    image = decode(Buffer.concat([Buffer.from(SIGNATURE), ...essentials]), { checkCrc: true });
  } catch (cause) {
    throw damaged(`does not decode (${(cause as Error).message})`, cause);
  }
  if (image.width !== width || image.height !== height || image.depth !== depth) throw damaged('does not decode (it has two headers)');
  const needed = depth < 8 ? rowBytes * height : width * height * channels;
  if (image.data.length !== needed) throw damaged(`decodes to ${image.data.length} samples, expected ${needed}`);
  const pixels = depth < 8 ? unpacked(image.data as Uint8Array, { width, height, depth, rowBytes }) : wholeSamples(image.data);
  return { pixels, palette: image.palette ?? [] };
}

/** The samples of an interlaced PNG of less than a byte a pixel, of which fast-png takes every sample for a byte. */
function interlacedSamples(essentials: readonly Uint8Array[], header: Header, damaged: BadPicture): Samples {
  const contentOf = (wanted: string): Buffer =>
    Buffer.concat(essentials.filter((chunk) => typeOf(chunk) === wanted).map((chunk) => chunk.subarray(8, -4)));
  for (const chunk of essentials)
    if (crc32(chunk.subarray(4, -4)) !== Buffer.from(chunk.subarray(-4)).readUInt32BE())
      throw damaged(`does not decode (the checksum of ${typeOf(chunk)} is wrong)`);
  const colours = contentOf('PLTE');
  const palette = Array.from({ length: Math.floor(colours.length / 3) }, (_, i) => colours.subarray(3 * i, 3 * i + 3));
  return { pixels: readInterlaced({ ...header, packed: contentOf('IDAT') }, damaged), palette };
}

const typeOf = (chunk: Uint8Array): string => String.fromCharCode(...chunk.subarray(4, 8));

/** Return samples as plain bytes or 16-bit numbers; fast-png gives clamped bytes. */
const wholeSamples = (data: ArrayLike<number>): Uint8Array | Uint16Array => (data instanceof Uint16Array ? data : Uint8Array.from(data));

type Packed = { readonly width: number; readonly height: number; readonly depth: number; readonly rowBytes: number };

/** One byte for each sample of 1, 2 or 4 bits; a row begins with a byte of its own. */
function unpacked(data: Uint8Array, { width, height, depth, rowBytes }: Packed): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * rowBytes, (y + 1) * rowBytes);
    for (let x = 0; x < width; x++) pixels[y * width + x] = sampleAt(row, x, depth);
  }
  return pixels;
}

/** Add an alpha channel that is 0 where a pixel has the transparent colour, given as numbers of 16 bits. */
function withTransparentColour({ width, height, channels, data: pixels }: RawPicture, transparency: Uint8Array, depth: number): RawPicture {
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  const colour = Array.from({ length: channels }, (_, c) => ((transparency[2 * c] << 8) | transparency[2 * c + 1]) * scale);
  const opaque = pixels instanceof Uint16Array ? 65_535 : 255;
  const made =
    pixels instanceof Uint16Array ? new Uint16Array(width * height * (channels + 1)) : new Uint8Array(width * height * (channels + 1));
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) made[i * (channels + 1) + c] = pixels[i * channels + c];
    made[i * (channels + 1) + channels] = colour.every((value, c) => pixels[i * channels + c] === value) ? 0 : opaque;
  }
  return { width, height, channels: channels + 1, data: made, keyed: true };
}

/** Fraction by which deflate may enlarge data that does not compress, besides a few bytes. */
const GROWTH = 1.01;
const keptChunks = ['IHDR', 'PLTE', 'IDAT', 'IEND'];

/**
 * Leave out the chunks of notes, which may inflate to anything and say nothing of the pixels. The compressed pixels are at most as long
 * as `raw`, their length when inflated, so that they cannot be a bomb of many times that.
 */
function pixelChunks(
  bytes: Uint8Array,
  raw: number,
  damaged: BadPicture,
): { essentials: readonly Uint8Array[]; transparency?: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const essentials: Uint8Array[] = [];
  let packed = 0;
  let transparency: Uint8Array | undefined;
  for (let at = SIGNATURE.length, end = at; at < bytes.length; at = end) {
    end = at + 12 + (at + 12 <= bytes.length ? view.getUint32(at) : 0);
    if (end > bytes.length) throw damaged('it is cut off');
    const type = typeOf(bytes.subarray(at, end));
    if (type === 'tRNS') transparency = bytes.subarray(at + 8, end - 4);
    if (keptChunks.includes(type)) essentials.push(bytes.subarray(at, end));
    if (type === 'IDAT') packed += end - at - 12;
    // What follows the end of a PNG is none of it.
    if (type === 'IEND') break;
  }
  if (packed > raw * GROWTH + 1024) throw damaged(`${packed} compressed bytes for ${raw} bytes of pixels`);
  return { essentials, transparency };
}

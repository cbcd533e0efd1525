import { decode } from 'fast-png';
import { DataError } from './data-error.js';
import { MAX_PIXELS, type Picture } from './picture.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_END = 33;

/**
 * Decodes a PNG of 8-bit grey or RGB; what has a palette, transparency or 16 bits is refused rather than converted.
 * @throws DataError naming `source`.
 */
export function readPng(bytes: Uint8Array, source: string): Picture {
  const damaged = (reason: string, cause?: unknown): DataError => new DataError('damaged', `${source}: ${reason}`, { cause });
  if (bytes.length < HEADER_END || SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw damaged('not a PNG file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  // Before decoding, which allocates what the header says.
  if (width * height > MAX_PIXELS) throw damaged(`${width}x${height} are more than ${MAX_PIXELS} pixels`);
  const [depth, colour] = [bytes[24], bytes[25]];
  if (depth !== 8 || (colour !== 0 && colour !== 2))
    throw damaged(`expected 8-bit grey or RGB, got ${depth} bits of ${colours[colour] ?? 'unknown colours'}; convert it`);
  const channels = colour === 0 ? 1 : 3;
  const essentials = pixelChunks(bytes, height * (1 + width * channels), damaged);
  let data: ArrayLike<number>;
  try {
    const image = decode(essentials, { checkCrc: true });
    data = image.data;
    if (image.width !== width || image.height !== height || image.channels !== channels) throw new Error('it has two headers');
  } catch (cause) {
    throw damaged(`does not decode (${(cause as Error).message})`, cause);
  }
  if (data.length !== width * height * channels) throw damaged(`decodes to ${data.length} bytes, expected ${width * height * channels}`);
  return { height, width, channels, pixels: Uint8Array.from(data) };
}

/** Of data that does not compress, deflate makes this share more, and a few bytes. */
const GROWTH = 1.01;
const keptChunks = ['IHDR', 'IDAT', 'IEND'];

/**
 * The file without its chunks of notes, which may inflate to anything and say nothing of the pixels. The compressed pixels are at most as long
 * as `raw`, what they inflate to, so that they cannot be a bomb of many times that.
 */
function pixelChunks(bytes: Uint8Array, raw: number, damaged: (reason: string) => DataError): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kept = [bytes.subarray(0, SIGNATURE.length)];
  let packed = 0;
  for (let at = SIGNATURE.length, end = at; at < bytes.length; at = end) {
    end = at + 12 + (at + 12 <= bytes.length ? view.getUint32(at) : 0);
    if (end > bytes.length) throw damaged('it is cut off');
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (type === 'tRNS') throw damaged('expected no transparency; convert it');
    if (keptChunks.includes(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') packed += end - at - 12;
  }
  if (packed > raw * GROWTH + 1024) throw damaged(`${packed} compressed bytes for ${raw} bytes of pixels`);
  return Buffer.concat(kept);
}

const colours: Readonly<Record<number, string>> = {
  0: 'grey',
  2: 'RGB',
  3: 'a palette',
  4: 'grey with transparency',
  6: 'RGB with transparency',
};

import { inflateSync } from 'node:zlib';
import type { BadPicture } from './picture.js';

export type InterlacedPng = { readonly width: number; readonly height: number; readonly depth: number; readonly packed: Uint8Array };

/** First column and row of each pass, and steps from one to the next. Source: PNG specification (third edition), 8.2, Adam7. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * Put an interlaced PNG of 1, 2 or 4 bits a pixel together, which fast-png does not: it takes every sample of the passes for a byte.
 * @param packed the compressed pixels. @returns a byte for each pixel @throws DataError from `damaged`
 */
export function readInterlaced({ width, height, depth, packed }: InterlacedPng, damaged: BadPicture): Uint8Array {
  const parts = passes
    .map(([left, top, right, down]) => {
      const [columns, rows] = [Math.ceil((width - left) / right), Math.ceil((height - top) / down)];
      return { left, top, right, down, columns, rows, rowBytes: Math.ceil((columns * depth) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const size = parts.reduce((sum, { rows, rowBytes }) => sum + rows * (1 + rowBytes), 0);
  const raw = inflated(packed, size, damaged);
  const pixels = new Uint8Array(width * height);
  let at = 0;
  for (const { left, top, right, down, columns, rows, rowBytes } of parts) {
    let above = new Uint8Array(rowBytes);
    for (let row = 0; row < rows; row++, at += 1 + rowBytes) {
      above = unfiltered(raw.subarray(at, at + 1 + rowBytes), above, damaged);
      const begin = (top + row * down) * width + left;
      for (let column = 0; column < columns; column++) pixels[begin + column * right] = sampleAt(above, column, depth);
    }
  }
  return pixels;
}

function inflated(packed: Uint8Array, size: number, damaged: BadPicture): Uint8Array {
  try {
    const raw = inflateSync(packed, { maxOutputLength: Math.max(1, size) });
    if (raw.length === size) return raw;
    throw new Error(`${raw.length} bytes of pixels, expected ${size}`);
  } catch (cause) {
    throw damaged(`does not decode (${(cause as Error).message})`, cause);
  }
}

/** Take the filter off a row, whose first byte names it; a pixel to the left is a byte to the left. Source: PNG specification, 9.2. */
function unfiltered([filter, ...row]: Uint8Array, above: Uint8Array, damaged: BadPicture): Uint8Array<ArrayBuffer> {
  if (filter > 4) throw damaged(`does not decode (${filter} is no filter)`);
  const bytes = new Uint8Array(row.length);
  for (let i = 0; i < row.length; i++) {
    const [left, corner] = i === 0 ? [0, 0] : [bytes[i - 1], above[i - 1]];
    bytes[i] = row[i] + [0, left, above[i], (left + above[i]) >> 1, nearest(left, above[i], corner)][filter];
  }
  return bytes;
}

/** Paeth's predictor: of three neighbours the one nearest to left + above - corner. */
function nearest(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

/** Sample `column` of a row of 1, 2 or 4 bits each, of which the highest bits of a byte come first. */
export const sampleAt = (row: Uint8Array, column: number, depth: number): number =>
  (row[(column * depth) >> 3] >> (8 - depth - ((column * depth) & 7))) & (2 ** depth - 1);

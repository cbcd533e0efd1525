#!/usr/bin/env bash
# The npm package tiff gives wrong pixels for a TIFF in tiles, without an error.
#
# Guess:   a TIFF of RGB whose pixels lie in tiles (TileWidth, TileOffsets: section 15 of TIFF 6.0) is read as one of grey is, or refused.
# Seen:    tiff 7.1.3: grey without a predictor is right. Of RGB every third number is set, by the numbers of the tile in turn: pixels 0 64 128, 1 65 129 become
#          0 0 0, 64 0 0. No error.
# Matters: images of microscopes, maps and scanners are mostly in tiles; they come out scrambled and of the right size.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund tiff@7.1.3
cat >read.mjs <<'JS'
import { decode } from 'tiff';

const [SHORT, LONG] = [3, 4];
const offsets = 8; // of the four places of the tiles, then the four lengths, then the tiles
const tiles = offsets + 32;
const size = 3 * 256; // bytes of a tile
const bits = tiles + 4 * size;
const directory = bits + 6;
const fields = [
  [256, SHORT, 1, 32], // width
  [257, SHORT, 1, 32], // height
  [258, SHORT, 3, bits],
  [259, SHORT, 1, 1], // not compressed
  [262, SHORT, 1, 2], // RGB
  [277, SHORT, 1, 3], // channels
  [322, SHORT, 1, 16], // width of a tile
  [323, SHORT, 1, 16], // height of a tile
  [324, LONG, 4, offsets],
  [325, LONG, 4, offsets + 16],
];
const file = Buffer.alloc(directory + 2 + 12 * fields.length + 4);
file.write('II*\0', 'latin1');
file.writeUInt32LE(directory, 4);
for (let tile = 0; tile < 4; tile++) {
  file.writeUInt32LE(tiles + size * tile, offsets + 4 * tile);
  file.writeUInt32LE(size, offsets + 16 + 4 * tile);
  // The red, green and blue of a pixel are its number in the tile, 64 more and 128 more.
  for (let i = 0; i < size; i++) file[tiles + size * tile + i] = Math.floor(i / 3) % 64 + 64 * (i % 3);
}
for (const i of [0, 1, 2]) file.writeUInt16LE(8, bits + 2 * i);
file.writeUInt16LE(fields.length, directory);
fields.forEach(([tag, type, count, value], i) => {
  const at = directory + 2 + 12 * i;
  file.writeUInt16LE(tag, at);
  file.writeUInt16LE(type, at + 2);
  file.writeUInt32LE(count, at + 4);
  file.writeUInt32LE(value, at + 8);
});
const [{ width, height, data }] = decode(file);
const first = Array.from(data.subarray(0, 12)).join(' ');
const right = '0 64 128 1 65 129 2 66 130 3 67 131';
console.log(`${width}x${height}, ${data.length} numbers\nfirst pixels: ${first}\nright:        ${right}`);
if (first === right) process.exitCode = 1;
JS
node read.mjs

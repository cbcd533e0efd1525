#!/usr/bin/env bash
# fast-png takes every pixel of an interlaced PNG of less than 8 bits a pixel for a byte.
#
# Guess:   an interlaced PNG of 4 bits a pixel is decoded as one that is not interlaced is: rows of bytes that hold two pixels each.
# Seen:    fast-png 8.0.0: of 2x2 pixels 0 1 / 1 2, written in Adam7's passes, four bytes 0 16 18 0 come out instead of the two bytes 01 12 (packed) or 0 1 1 2; larger
#          ones mostly end with "Unsupported filter", a byte of pixels being taken for the filter of a row.
# Matters: small ones come out wrong without an error; palettes and black-and-white pictures saved "for the web" are such files.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund fast-png@8.0.0
cat >read.mjs <<'JS'
import { deflateSync } from 'node:zlib';
import { decode } from 'fast-png';

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const made = Buffer.alloc(body.length + 8); // the checksum stays 0: it is not compared unless asked for
  made.writeUInt32BE(data.length);
  body.copy(made, 4);
  return made;
};
const header = Buffer.alloc(13);
header.writeUInt32BE(2, 0);
header.writeUInt32BE(2, 4);
header[8] = 4; // bits
header[12] = 1; // Adam7
// Passes 1, 6 and 7 have pixels: the first; the second of row 0; row 1. Each row begins with its filter, none.
const raw = Buffer.from([0, 0x00, 0, 0x10, 0, 0x12]);
const file = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  chunk('IHDR', header),
  chunk('IDAT', deflateSync(raw)),
  chunk('IEND', Buffer.alloc(0)),
]);
const { data, depth } = decode(file);
console.log(`depth ${depth}, ${[...data].join(' ')}; right are 1 18 (two pixels a byte)`);
if ([...data].join() === '1,18' || [...data].join() === '0,1,1,2') process.exitCode = 1;
JS
node read.mjs

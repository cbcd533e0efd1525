#!/usr/bin/env bash
# hyparquet gives the image bytes of a data set as text, in which most of a PNG is lost.
#
# Guess:   a BYTE_ARRAY column without a logical type is bytes: a Uint8Array, which is what the Hub's image columns (a struct of bytes and path) hold.
# Seen:    hyparquet 1.33.0: a string by default; 89 50 4e 47 ff fe 00 80 comes back as ef bf bd 50 4e 47 ef bf bd … (U+FFFD for each byte that is not UTF-8).
#          With `utf8: false` a Uint8Array, and then columns of text without a logical type are bytes as well.
# Matters: no error is raised; decoders of images then say that the file is not an image, or, for raw pixels, nothing at all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund hyparquet@1.33.0 hyparquet-writer@0.17.0
cat >read.mjs <<'JS'
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

const image = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00, 0x80);
const file = parquetWriteBuffer({ columnData: [{ name: 'bytes', data: [image, image], type: 'BYTE_ARRAY' }] });
const [{ bytes: usual }] = await parquetReadObjects({ file });
const [{ bytes: plain }] = await parquetReadObjects({ file, utf8: false });
console.log(`by default: ${typeof usual} ${Buffer.from(usual).toString('hex')}`);
console.log(`utf8: false: ${plain.constructor.name} ${Buffer.from(plain).toString('hex')}`);
if (typeof usual !== 'string' || Buffer.from(plain).compare(image) !== 0) process.exitCode = 1;
JS
node read.mjs

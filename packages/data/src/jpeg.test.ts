import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { decodePicture } from './decode-picture.js';

const decode = (bytes: Uint8Array, name: string) => decodePicture(bytes, name, { colour: 'same' });

const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(`../fixtures/${name}.jpg`, import.meta.url))));

test.each([
  ['subsampled', 3, '26ce8da16a72fa1921ec41d28b5c503538bf047f466739b770052dc7de057a50'],
  ['progressive', 3, '225382c9e490cafaf572d854d7fa50dbe8f1866f1c7bbe927d660090ae83db2a'],
  ['full-colour', 3, 'c431cd1c36610d312aa37a5584b8ffce7dbe2c0a968315bda50cd733610f2cc6'],
  ['grey', 1, '71b7b1d7484cb80cb3a682f804e8b1f3f47206557787b67314fb35aba487ffc3'],
])('a JPEG decodes to the bytes that Pillow makes of it: %s', (name, channels, sha256) => {
  const { data, ...shape } = decode(fixture(name), name);
  expect(shape).toEqual({ height: 17, width: 23, channels });
  expect(createHash('sha256').update(data).digest('hex')).toBe(sha256);
});

/** Entropy-coded bytes near the end of the file turned into an early end. */
const damaged = (bytes: Uint8Array): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed.set([0xff, 0xd9], bytes.length - 60);
  return changed;
};

test.each<[string, Uint8Array, string]>([
  ['cut off', fixture('subsampled').subarray(0, 800), 'Premature end of JPEG file'],
  ['damaged inside', damaged(fixture('subsampled')), 'Corrupt JPEG data'],
  ['only a header', fixture('grey').subarray(0, 30), 'it has no frame header'],
  ['cut off before its pixels', fixture('grey').subarray(0, 200), 'does not decode'],
  ['of CMYK', fixture('cmyk'), 'a JPEG of CMYK is not read, its decoder gives RGB only; convert it to RGB'],
  ['no JPEG', new TextEncoder().encode('not a picture'), 'not a picture that is read: it is a text file'],
])('a file that is %s is refused, and the next one is read', (_what, bytes, reason) => {
  expect(() => decode(bytes, 'a.jpg')).toThrow(DataError);
  expect(() => decode(bytes, 'a.jpg')).toThrow(reason);
  expect(decode(fixture('grey'), 'grey').data).toHaveLength(17 * 23);
});

test('no mutation of a file ends the process or hangs: an image or a DataError', () => {
  const file = fixture('progressive');
  for (let i = 0; i < 100; i++) {
    const changed = Uint8Array.from(file);
    changed[(i * 131) % file.length] ^= 1 << (i % 8);
    try {
      expect(decode(changed, 'a.jpg').data.length).toBeGreaterThan(0);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
    }
  }
  expect(process.exitCode).toBeUndefined();
});

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { gunzip } from './gunzip.js';

test('an archive as large as the published ones inflates, though 100 times its size is more than an array can be', () => {
  const bytes = Buffer.alloc(45 * 2 ** 20, 7);
  expect(Buffer.compare(gunzip(gzipSync(bytes, { level: 0 }), 'large.tar.gz'), bytes)).toBe(0);
});

test('what inflates without end is refused', () => {
  const bomb = gzipSync(Buffer.alloc(80 * 2 ** 20), { level: 9 });
  expect(() => gunzip(bomb, 'bomb.gz')).toThrow(DataError);
  expect(() => gunzip(bomb, 'bomb.gz')).toThrow('bomb.gz: it inflates to more than 100 times its size');
});

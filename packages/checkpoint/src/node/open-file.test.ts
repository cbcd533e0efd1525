import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openFile, sha256OfFile, sha256OfFiles } from './open-file.js';

const folder = mkdtempSync(join(tmpdir(), 'tract-open-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('any part of a file is read, also behind 4 GiB', () => {
  const path = join(folder, 'sparse');
  const place = 2 ** 32 + 12_345;
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, Uint8Array.of(1, 2, 3), 0, 3, place);
  closeSync(descriptor);
  const file = openFile(path);
  expect(file.size).toBe(place + 3);
  expect([...file.read(place - 1, place + 3)]).toEqual([0, 1, 2, 3]);
  truncateSync(path, 10);
  expect(() => file.read(place, place + 3)).toThrow(`${path} became shorter`);
  file.close();
});

test('the digest of files is that of their bytes one after another', () => {
  const bytes = Uint8Array.from({ length: 2 ** 22 + 17 }, (_, i) => i % 251);
  const files = [bytes, bytes.subarray(0, 5)].map((content, i) => {
    writeFileSync(join(folder, `${i}`), content);
    return openFile(join(folder, `${i}`));
  });
  expect(sha256OfFiles(files)).toBe(createHash('sha256').update(bytes).update(bytes.subarray(0, 5)).digest('hex'));
  expect(sha256OfFile(join(folder, '0'))).toBe(createHash('sha256').update(bytes).digest('hex'));
  for (const file of files) file.close();
});

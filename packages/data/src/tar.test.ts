import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataError } from './data-error.js';
import { readTar } from './tar.js';
import { tarOf } from './testing/archives.js';

const data = Uint8Array.of(1, 2, 3);

test('files come out by name as they went in, whatever their number and size', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8}){0,2}$/);
  const entries = fc.uniqueArray(fc.record({ name, data: fc.uint8Array({ maxLength: 1500 }) }), {
    selector: (entry) => entry.name,
    maxLength: 6,
  });
  fc.assert(
    fc.property(entries, (files) => {
      expect([...readTar(tarOf(files))]).toEqual(files.map((file) => [file.name, file.data]));
    }),
  );
});

test('folders are left out, a leading ./ too, and long names are put together', () => {
  const files = readTar(
    tarOf([
      { name: './a/', type: '5' },
      { name: './a/b', data },
      { name: 'c', prefix: 'some/where', data },
    ]),
  );
  expect([...files.keys()]).toEqual(['a/b', 'some/where/c']);
});

test.each([
  [
    'a symbolic link',
    [
      { name: 'a', data },
      { name: 'b', type: '2' },
    ],
    'entry 1: "b" is a link',
  ],
  ['a hard link', [{ name: 'b', type: '1' }], 'is a link'],
  ['a device', [{ name: 'b', type: '3' }], 'of type 0x33'],
  ['a name that leaves the folder', [{ name: 'a/../../b', data }], 'not a plain relative path'],
  ['an absolute name', [{ name: '/etc/b', data }], 'not a plain relative path'],
  ['a prefix that leaves the folder', [{ name: 'b', prefix: '..', data }], 'not a plain relative path'],
  [
    'the same name twice',
    [
      { name: 'a', data },
      { name: 'a', data },
    ],
    'occurs twice',
  ],
  ['a size beyond the file', [{ name: 'a', size: '77777777777\0' }], 'promises 8589934591 bytes'],
  ['a size that is no number', [{ name: 'a', size: '-1         \0' }], 'not an octal number'],
  ['a size in binary', [{ name: 'a', size: '\x80\0\0\0\0\0\0\0\0\0\0\x05' }], 'not an octal number'],
])('%s is refused', (_what, entries, words) => {
  expect(() => readTar(tarOf(entries), 'x.tar')).toThrow(words);
  expect(() => readTar(tarOf(entries), 'x.tar')).toThrow(DataError);
});

test('whatever bytes come, there are files within the archive or a DataError', () => {
  const sound = tarOf([
    { name: 'a/b', data },
    { name: 'c', data: new Uint8Array(600) },
  ]);
  const edits = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(edits, fc.nat(sound.length), fc.boolean(), (changes, length, isCut) => {
      const bytes = isCut ? sound.slice(0, length) : sound.slice();
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      try {
        for (const file of readTar(bytes).values()) expect(file.buffer).toBe(bytes.buffer);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }),
    { numRuns: 3000 },
  );
});

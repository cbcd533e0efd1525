import { spawnSync } from 'node:child_process';
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

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('pax headers and names as GNU writes long ones are taken for the entry after them', () => {
  const long = `${'folder/'.repeat(30)}image.png`;
  const record = (fact: string): string => {
    const length = [...Array(4).keys()].map((digits) => fact.length + 2 + digits).find((n, digits) => String(n).length === digits)!;
    return `${length} ${fact}\n`;
  };
  const pax = record(`path=${long}`) + record('mtime=1.5') + record('size=3');
  const files = readTar(
    tarOf([
      { name: 'pax_global_header', type: 'g', data: text(record('comment=abc')) },
      { name: 'PaxHeaders/image.png', type: 'x', data: text(pax) },
      { name: 'image.png', data },
      { name: 'plain', data },
      { name: '././@LongLink', type: 'L', data: text(`${long}2\0`) },
      { name: long.slice(0, 100), data },
    ]),
  );
  expect([...files]).toEqual([long, 'plain', `${long}2`].map((name) => [name, data]));
  expect(() => readTar(tarOf([{ name: 'x', type: 'x', data: text('9 path\n') }]))).toThrow('its pax header is none');
  expect(() =>
    readTar(
      tarOf([
        { name: 'x', type: 'x', data: text(record('path=../b')) },
        { name: 'b', data },
      ]),
    ),
  ).toThrow('plain relative path');
});

test('tar of Python, in its three forms, with a long name', (context) => {
  const code = `import sys, io, tarfile
forms = {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}
out = io.BytesIO()
with tarfile.open(fileobj=out, mode='w', format=forms[sys.argv[1]]) as tar:
  info = tarfile.TarInfo('a/' * 60 + 'name'); info.size = 3; tar.addfile(info, io.BytesIO(b'\\1\\2\\3'))
sys.stdout.buffer.write(out.getvalue())`;
  if (spawnSync('python3', ['-c', '']).status !== 0) return context.skip('python3 is not installed');
  for (const form of ['ustar', 'gnu', 'pax']) {
    const { stdout } = spawnSync('python3', ['-c', code, form]);
    expect([...readTar(stdout)].map(([name, bytes]) => [name, [...bytes]])).toEqual([[`${'a/'.repeat(60)}name`, [1, 2, 3]]]);
  }
});

test.each([
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'unxz --keep x.tar'],
  ['bzip2', [0x42, 0x5a, 0x68, 0x39], 'bunzip2 --keep x.tar'],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 'unzstd x.tar'],
])('an archive packed by %s is refused by name, with what unpacks it', (name, start, remedy) => {
  const bytes = Uint8Array.from({ length: 1024 }, (_, i) => start[i] ?? 7);
  expect(() => readTar(bytes, 'x.tar')).toThrow(`x.tar is packed by ${name}, which is not read; unpack it: ${remedy}`);
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

test('archives that cat has put together are not read as the first of them', () => {
  const one = (name: string) => {
    const bytes = tarOf([{ name, data }]);
    return [...bytes, ...new Uint8Array(10_240 - bytes.length)];
  };
  expect([...readTar(Uint8Array.from(one('a'))).keys()]).toEqual(['a']);
  expect(() => readTar(Uint8Array.of(...one('a'), ...one('b')), 'x.tar')).toThrow(
    'x.tar: more follows its end mark, as where cat has joined archives; give them one by one',
  );
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

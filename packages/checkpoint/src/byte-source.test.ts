import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from './byte-source.js';
import { crc32, crc32InScript } from './crc32.js';
import { readEdm } from './edm-read.js';
import { readFlax } from './flax-read.js';
import { joinPieces } from './joined-pieces.js';
import type { NamedArray } from './named-array.js';
import { readNpz, writeNpz } from './npz.js';
import { readSafetensors, type Safetensors } from './safetensors-read.js';
import { writeSafetensors } from './safetensors-write.js';
import { fileLike } from './testing/file-like.js';
import { flaxArray, flaxChunks, msgpack } from './testing/flax-file.js';
import { readTorch } from './torch-read.js';
import { torchPieces, writeTorch } from './torch-write.js';
import { readZip } from './zip-read.js';
import { writeZip } from './zip-write.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** Arrays with a digest of their data, which of a file is read now. */
const withData = (arrays: ReadonlyMap<string, NamedArray>) =>
  [...arrays].map(([name, { dtype, shape, data }]) => ({
    name,
    dtype,
    shape,
    sha256: digest(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  }));

type Read = (input: Uint8Array | ByteSource) => Pick<Safetensors, 'tensors'>;
const flax = msgpack({
  params: {
    kernel: flaxArray(
      [2, 3],
      'float32',
      Float32Array.from({ length: 6 }, (_, i) => i / 7),
    ),
    step: flaxArray([], 'int64', BigInt64Array.of(7n), 3),
  },
  cut: flaxChunks([4], [flaxArray([3], 'float32', Float32Array.of(1, 2, 3)), flaxArray([1], 'float32', Float32Array.of(4))]),
});
const files: readonly (readonly [name: string, bytes: Uint8Array, read: Read, arrays: number])[] = [
  ['safetensors', fixture('reference.safetensors'), readSafetensors, 16],
  ['the zip form of torch.save', fixture('torch.pt'), readTorch, 28],
  ['its older form', fixture('torch-legacy.pt'), readTorch, 25],
  ['a pickle of EDM', fixture('edm.pkl'), readEdm, 5],
  ['a checkpoint of flax', flax, readFlax, 3],
];

describe('from a file that is not in memory', () => {
  test.each(files)('%s gives the same arrays, to the bit', (_name, bytes, read, arrays) => {
    const expected = withData(read(bytes).tensors);
    expect(expected).toHaveLength(arrays);
    expect(withData(read(fileLike(bytes)).tensors)).toEqual(expected);
  });

  const large = Float32Array.from({ length: 300_000 }, (_, i) => Math.sin(i));
  const several = Array.from({ length: 6 }, (_, i): [string, NamedArray] => [
    `layer.${i}`,
    { dtype: 'F32', shape: [1000, 300], data: large.map((x) => x + i) },
  ]);
  const written: readonly (readonly [
    name: string,
    bytes: Uint8Array,
    read: (file: ByteSource) => Promise<ReadonlyMap<string, NamedArray>>,
  ])[] = [
    ['safetensors', writeSafetensors(several), async (file) => readSafetensors(file).tensors],
    ['torch', writeTorch(several), async (file) => readTorch(file).tensors],
    ['npz', writeNpz(several), (file) => readNpz(file)],
  ];
  test.each(written)('%s: no more than one array is read at once, and none before its data is asked for', async (_name, bytes, read) => {
    const file = fileLike(bytes);
    const arrays = await read(file);
    expect(file.largestRead()).toBeLessThan(100_000);
    expect(withData(arrays)).toEqual(withData(new Map(several)));
    expect(file.largestRead()).toBeLessThanOrEqual(large.byteLength + 256);
  });

  test('a damaged array is refused when it is read, and the others are not', () => {
    const bytes = writeTorch(several);
    bytes[bytes.length >> 1] ^= 1;
    const arrays = readTorch(fileLike(bytes)).tensors;
    const refused = several.filter(([name]) => {
      try {
        return arrays.get(name)!.data.length === 0;
      } catch (error) {
        return (error as { kind?: string }).kind === 'checksum';
      }
    });
    expect(refused).toHaveLength(1);
  });
});

test('an archive in the wide form (zip64), which begins at 4 GiB, holds the same', async () => {
  const entries = [
    ['a', Uint8Array.of(1, 2, 3)],
    ['b/c', new Uint8Array(2000).fill(7)],
    ['d', new Uint8Array(0)],
  ] as const;
  for (const wideFrom of [0, 1, 100, 1500, 2100]) {
    const wide = writeZip(entries, { wideFrom, align: 64 });
    expect(await readZip(wide)).toEqual(new Map(entries));
    expect(await readZip(fileLike(wide))).toEqual(new Map(entries));
  }
  const array: NamedArray = { dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) };
  expect(readTorch(joinPieces(torchPieces([['w', array]], { wideFrom: 10 }))).tensors.get('w')).toEqual(array);
});

test("the CRC-32 is zlib's, whole or continued", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      for (const ours of [crc32, crc32InScript]) {
        expect(ours(bytes, 0)).toBe(zlibCrc32(bytes));
        expect(ours(bytes.subarray(cut), ours(bytes.subarray(0, cut), 0))).toBe(zlibCrc32(bytes));
      }
    }),
  );
});

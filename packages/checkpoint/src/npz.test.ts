import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CheckpointError, type CheckpointErrorKind } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import type { NamedArray } from './named-array.js';
import { readNpy, writeNpy } from './npy.js';
import { readNpz, writeNpz } from './npz.js';
import { readSafetensors } from './safetensors-read.js';
import { readZip } from './zip-read.js';
import { writeZip } from './zip-write.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const text = (value: string) => new TextEncoder().encode(value);

/** An npy file of version 1 with this header and data. */
function npy(header: string, data: number[] = [], version = 1): Uint8Array {
  const length = version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.of(0x93, ...text('NUMPY'), version, 0, ...length, ...text(header), ...data);
}

function kindOf(error: unknown): CheckpointErrorKind {
  if (error instanceof CheckpointError) return error.kind;
  throw error;
}

function npyKind(bytes: Uint8Array): CheckpointErrorKind {
  try {
    readNpy(bytes);
  } catch (error) {
    return kindOf(error);
  }
  throw new Error('the file was read');
}

const zipKind = (bytes: Uint8Array): Promise<CheckpointErrorKind> =>
  readZip(bytes).then(() => {
    throw new Error('the file was read');
  }, kindOf);

describe('NumPy’s own files', () => {
  const reference = readSafetensors(fixture('reference.safetensors')).tensors;

  test.each(['plain.npz', 'compressed.npz'])('%s holds what the safetensors file of the same arrays holds', async (name) => {
    const arrays = await readNpz(fixture(name));
    expect(new Map([...arrays].sort())).toEqual(new Map([...reference].sort()));
  });

  test('versions 2 and 3 of the header are read', () => {
    const header = "{'descr': '<i2', 'fortran_order': False, 'shape': (1, 2)}";
    for (const version of [2, 3])
      expect(readNpy(npy(header, [1, 0, 2, 0], version))).toEqual({ dtype: 'I16', shape: [1, 2], data: Int16Array.of(1, 2) });
  });
});

describe('round trips', () => {
  test('an npy file: type, shape and bits, the data at a multiple of 64', () => {
    for (const [, array] of readSafetensors(fixture('reference.safetensors')).tensors) {
      const file = writeNpy(array);
      expect(readNpy(file)).toEqual(array);
      expect((file.length - array.data.byteLength) % 64).toBe(0);
    }
  });

  test('an npz file, and the same arrays give the same bytes', async () => {
    const { tensors } = readSafetensors(fixture('reference.safetensors'));
    expect(await readNpz(writeNpz(tensors))).toEqual(tensors);
    expect(writeNpz(tensors)).toEqual(writeNpz(tensors));
  });

  test('an empty archive', async () => {
    expect((await readZip(writeZip([]))).size).toBe(0);
  });
});

describe('an npy file is refused when', () => {
  const cases: [why: string, kind: CheckpointErrorKind, bytes: Uint8Array][] = [
    ['it is empty', 'truncated', new Uint8Array(0)],
    ['it is something else', 'invalid-header', text('PK\u0003\u0004 and more of it')],
    ['its version is unknown', 'unsupported', npy('{}', [], 4)],
    ['its header is cut off', 'truncated', npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}").subarray(0, 30)],
    ['its header is over 10,000 bytes', 'too-large', npy(' '.repeat(10_001))],
    ['its header is no dictionary', 'invalid-header', npy('[1, 2, 3]')],
    ['its header runs code', 'invalid-header', npy("{'descr': __import__('os'), 'fortran_order': False, 'shape': ()}")],
    ['it has an unknown key', 'invalid-header', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 'y'}", [0, 0, 0, 0])],
    ['it has a key twice', 'duplicate-name', npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", [0, 0, 0, 0])],
    ['it has no shape', 'invalid-header', npy("{'descr': '<f4', 'fortran_order': False}", [0, 0, 0, 0])],
    ['its shape is a number', 'invalid-header', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", [0, 0, 0, 0])],
    ['its order is neither True nor False', 'invalid-header', npy("{'descr': '<f4', 'fortran_order': 'False', 'shape': ()}", [0, 0, 0, 0])],
    ['it holds objects', 'unsupported', npy("{'descr': '|O', 'fortran_order': False, 'shape': ()}", [0x80, 4])],
    ['it holds records', 'unsupported', npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", [0, 0, 0, 0])],
    ['its data is cut off', 'truncated', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", [0, 0, 0, 0])],
    ['bytes follow', 'trailing-bytes', npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", [0, 0, 0, 0])],
    ['its shape overflows', 'size-mismatch', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", [0])],
  ];
  test.each(cases)('%s', (_why, kind, bytes) => expect(npyKind(bytes)).toBe(kind));

  test('NumPy has no name for its type', () => {
    expect(() => writeNpy({ dtype: 'BF16', shape: [1], data: Uint16Array.of(0) })).toThrow(CheckpointError);
  });
});

describe('zip', () => {
  test('CRC-32 of the standard check string', () => {
    expect(crc32(text('123456789'))).toBe(0xcbf43926);
  });

  const stored = () => writeZip(Object.entries({ 'a.txt': text('first'), 'b/c.txt': text('second') }));
  /** The archive of `stored` with bytes changed at places found by the field they hold. */
  const changed = (change: (bytes: Uint8Array, view: DataView, central: number, end: number) => void): Uint8Array => {
    const bytes = stored();
    const view = new DataView(bytes.buffer);
    const end = bytes.length - 22;
    change(bytes, view, view.getUint32(end + 16, true), end);
    return bytes;
  };

  test('entries come back in order, views of the archive', async () => {
    const bytes = stored();
    const files = await readZip(bytes);
    const said = [...files].map(([name, data]) => [name, new TextDecoder().decode(data)]);
    expect(said).toEqual(Object.entries({ 'a.txt': 'first', 'b/c.txt': 'second' }));
    expect(files.get('a.txt')?.buffer).toBe(bytes.buffer);
  });

  test('an entry may give its sizes and its place in zip64 form', async () => {
    const bytes = writeZip([['a.txt', text('first')]]);
    const central = new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
    const extra = new DataView(new ArrayBuffer(28));
    const [number, length] = [1, 24];
    [number, length].forEach((value, i) => {
      extra.setUint16(2 * i, value, true);
    });
    const [size, packedSize, place] = [5n, 5n, 0n];
    [size, packedSize, place].forEach((value, i) => {
      extra.setBigUint64(4 + 8 * i, value, true);
    });
    const wide = Uint8Array.of(...bytes.subarray(0, -22), ...new Uint8Array(extra.buffer), ...bytes.subarray(-22));
    const view = new DataView(wide.buffer);
    for (const field of [20, 24, 42]) view.setUint32(central + field, 0xffffffff, true);
    view.setUint16(central + 30, 28, true);
    view.setUint32(wide.length - 10, view.getUint32(wide.length - 10, true) + 28, true);
    expect(await readZip(wide)).toEqual(new Map([['a.txt', text('first')]]));
  });

  test('with an alignment every entry begins at a multiple of it', async () => {
    const files = ['a', 'bc', 'def', 'ghij'].map((name) => [name, text(name)] as const);
    const bytes = writeZip(files, { align: 64 });
    const back = await readZip(bytes);
    expect(back).toEqual(new Map(files));
    for (const data of back.values()) expect(data.byteOffset % 64).toBe(0);
  });

  test('a comment behind the directory is allowed', async () => {
    const bytes = Uint8Array.of(...stored(), ...text('hello'));
    new DataView(bytes.buffer).setUint16(bytes.length - 7, 5, true);
    expect((await readZip(bytes)).size).toBe(2);
  });

  /** A one-entry archive whose entry is deflated; `size` is what both headers claim. */
  function deflated(data: Uint8Array, size = data.length, packed: Uint8Array = deflateRawSync(data)): Uint8Array {
    const bytes = writeZip([['a', packed]]);
    const view = new DataView(bytes.buffer);
    for (const [at, isLocal] of [
      [0, true],
      [view.getUint32(bytes.length - 6, true), false],
    ] as const) {
      view.setUint16(at + (isLocal ? 8 : 10), 8, true);
      view.setUint32(at + (isLocal ? 14 : 16), crc32(data), true);
      view.setUint32(at + (isLocal ? 22 : 24), size, true);
    }
    return bytes;
  }

  test('a deflated entry is inflated and checked', async () => {
    const data = text('to be or not to be, '.repeat(1000));
    expect((await readZip(deflated(data))).get('a')).toEqual(data);
    expect(await zipKind(deflated(data, data.length - 1))).toBe('size-mismatch');
    expect(await zipKind(deflated(data, data.length + 1))).toBe('size-mismatch');
    expect(await zipKind(deflated(data, data.length, deflateRawSync(data).subarray(0, 20)))).toBe('checksum');
    expect(await zipKind(deflated(data, data.length, Uint8Array.of(7, 7, 7, 7)))).toBe('checksum');
  });

  test('an archive that inflates far beyond its size is stopped, whatever its headers claim', async () => {
    const bomb = deflateRawSync(new Uint8Array(100 * 2 ** 20));
    expect(await zipKind(deflated(new Uint8Array(0), 100 * 2 ** 20, bomb))).toBe('too-large');
    expect(await zipKind(deflated(new Uint8Array(0), 1000, bomb))).toBe('size-mismatch');
  });

  const cases: [why: string, kind: CheckpointErrorKind, bytes: Uint8Array][] = [
    ['it is empty', 'truncated', new Uint8Array(0)],
    ['its end is cut off', 'truncated', stored().subarray(0, -1)],
    ['its start is cut off', 'invalid-layout', stored().subarray(1)],
    [
      'a byte of an entry is flipped',
      'checksum',
      changed((bytes) => {
        bytes[36] ^= 1;
      }),
    ],
    ['an entry is encrypted', 'unsupported', changed((_b, view, central) => view.setUint16(central + 8, 1, true))],
    ['an entry uses another method', 'unsupported', changed((_b, view, central) => view.setUint16(central + 10, 14, true))],
    [
      'an entry asks for wide sizes that it has not',
      'invalid-layout',
      changed((_b, view, central) => view.setUint32(central + 24, 0xffffffff, true)),
    ],
    [
      'the archive asks for a wide record that it has not',
      'invalid-layout',
      changed((_b, view, _c, end) => view.setUint32(end + 16, 0xffffffff, true)),
    ],
    ['it spans disks', 'unsupported', changed((_b, view, _c, end) => view.setUint16(end + 4, 1, true))],
    ['the local header has another size', 'invalid-layout', changed((_b, view) => view.setUint32(18, 4, true))],
    [
      'the local header has another name',
      'invalid-layout',
      changed((bytes) => {
        bytes[30] = 0x7a;
      }),
    ],
    [
      'two entries share bytes',
      'invalid-layout',
      changed((bytes, view, central) => {
        bytes.set(text('x.txt'), central + 46 + 5 + 46 + 2);
        view.setUint32(central + 46 + 5 + 42, 0, true);
      }),
    ],
    ['the directory has a hole', 'invalid-layout', changed((_b, view, _c, end) => view.setUint32(end + 12, 10, true))],
    [
      'it names a file twice',
      'duplicate-name',
      changed((bytes, view, central) => {
        view.setUint16(central + 46 + 5 + 28, 5, true);
        view.setUint16(central + 46 + 5 + 30, 2, true);
        bytes.set(text('a.txt'), central + 46 + 5 + 46);
      }),
    ],
    ...['/etc/', '../up', 'a/../', 'a/./b', 'c:xyz', 'a\\b.c', 'a\u0000b.c'].map((name): [string, CheckpointErrorKind, Uint8Array] => [
      `it names ${JSON.stringify(name)}`,
      'invalid-name',
      changed((bytes, _view, central) => {
        bytes.set(text(name), 30);
        bytes.set(text(name), central + 46);
      }),
    ]),
  ];
  test.each(cases)('is refused when %s', async (_why, kind, bytes) => expect(await zipKind(bytes)).toBe(kind));

  test('npz refuses an entry that is no npy file', async () => {
    await expect(readNpz(writeZip([['readme.txt', text('hello')]]))).rejects.toThrow(CheckpointError);
  });

  test('the writer refuses a name given twice, and one that could not be read back', () => {
    expect(() => writeZip([['../up', text('x')]])).toThrow('plain relative path');
    const array: NamedArray = { dtype: 'U8', shape: [1], data: Uint8Array.of(1) };
    expect(() =>
      writeNpz([
        ['a', array],
        ['a', array],
      ]),
    ).toThrow('given twice');
  });
});

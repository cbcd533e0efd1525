import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CheckpointErrorKind } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import { errorKind } from './testing/error-kind.js';
import { raw } from './testing/raw-bytes.js';
import { dictOpcodes, tensorOpcodes, torchFile } from './testing/torch-file.js';
import { readTorch } from './torch-read.js';
import { writeZip } from './zip-write.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const kindOf = (bytes: Uint8Array) => errorKind(() => readTorch(bytes));

const four = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const file = (view: Parameters<typeof tensorOpcodes>[0] = {}, data: Uint8Array = four) =>
  torchFile(dictOpcodes([['w', tensorOpcodes(view)]]), { 0: data });

describe('a torch file is refused when', () => {
  test('made like these it is sound', () => {
    expect(readTorch(file()).tensors.get('w')).toEqual({ dtype: 'F32', shape: [4], data: Float32Array.of(1, 2, 3, 4) });
    expect(readTorch(file({ offset: 1, size: [2], stride: [2] })).tensors.get('w')!.data).toEqual(Float32Array.of(2, 4));
  });

  const changed = (change: (bytes: Uint8Array) => void, bytes = file()): Uint8Array => {
    change(bytes);
    return bytes;
  };
  const find = (bytes: Uint8Array, text: string) => new TextDecoder('latin1').decode(bytes).indexOf(text);
  const cases: [why: string, kind: CheckpointErrorKind, bytes: Uint8Array][] = [
    ['it is empty', 'truncated', new Uint8Array(0)],
    ['it is something else', 'invalid-header', raw('hello, this is no checkpoint')],
    ['its end is cut off', 'truncated', file().subarray(0, -10)],
    ['a legacy file is cut off', 'truncated', fixture('torch-legacy.pt').subarray(0, -10)],
    ['bytes follow a legacy file', 'trailing-bytes', Uint8Array.of(...fixture('torch-legacy.pt'), 0)],
    ['it has no pickle', 'unsupported', writeZip([['archive/version', raw('3')]])],
    [
      'it has two',
      'unsupported',
      writeZip([
        ['a/data.pkl', raw('N.')],
        ['b/data.pkl', raw('N.')],
      ]),
    ],
    [
      'it is a program',
      'unsupported',
      writeZip([
        ['a/data.pkl', raw('N.')],
        ['a/constants.pkl', raw('N.')],
      ]),
    ],
    [
      'it is big-endian',
      'unsupported',
      writeZip([
        ['a/data.pkl', raw('N.')],
        ['a/byteorder', raw('big')],
      ]),
    ],
    ['bytes follow the pickle', 'trailing-bytes', torchFile('N.N')],
    [
      'a byte of data is flipped',
      'checksum',
      changed((bytes) => {
        bytes[find(bytes, 'data/0') + 9] ^= 1;
      }),
    ],
    ['the data of a tensor is missing', 'truncated', file({ key: '1' })],
    ['a storage is longer than its data', 'size-mismatch', file({ count: 5 })],
    ['a storage is shorter than its data', 'size-mismatch', file({ count: 3, size: [3] })],
    ['a storage claims 2 GB', 'size-mismatch', file({ count: 2 ** 31 - 1, size: [2 ** 31 - 1] })],
    ['a tensor is longer than its storage', 'size-mismatch', file({ size: [5] })],
    ['a tensor begins behind its storage', 'size-mismatch', file({ offset: 4, size: [1] })],
    ['strides lead out of the storage', 'size-mismatch', file({ size: [2, 2], stride: [3, 1] })],
    ['a stride is negative', 'invalid-content', file({ offset: 3, stride: [-1] })],
    ['an offset is negative', 'invalid-content', file({ offset: -1, size: [1] })],
    ['a size is negative', 'invalid-content', file({ size: [-4] })],
    ['it has more strides than sizes', 'invalid-content', file({ stride: [1, 1] })],
    ['a product of sizes overflows', 'size-mismatch', file({ size: [2 ** 30, 2 ** 30], stride: [0, 0] })],
    ['a stride of 0 multiplies the file', 'too-large', file({ size: [2 ** 30], stride: [0] })],
    ['a tensor has 65 axes', 'too-large', file({ size: new Array(65).fill(1), stride: new Array(65).fill(1) })],
    [
      'a key occurs twice',
      'duplicate-name',
      torchFile(
        dictOpcodes([
          ['w', 'N'],
          ['w', 'N'],
        ]),
      ),
    ],
    [
      'two tensors have one name',
      'duplicate-name',
      torchFile(
        dictOpcodes([
          ['a.b', tensorOpcodes()],
          ['a', `}(U\x01b${tensorOpcodes()}u`],
        ]),
        { 0: four },
      ),
    ],
    ['two values have one name', 'duplicate-name', torchFile('}(U\x011NK\x01Nu.')],
    ['a list holds itself', 'too-large', torchFile('\x80\x04]\x94h\x00a.')],
    ['a dict holds itself twice', 'too-large', torchFile('\x80\x04}\x94(U\x01ah\x00U\x01bh\x00u.')],
    ['sharing makes a small file grow without end', 'too-large', torchFile(`\x80\x04]\x94${'h\x00h\x00\x86\x94q\x00'.repeat(40)}.`)],
    ['it holds a function', 'unsupported', torchFile('\x80\x02ctorch._utils\n_rebuild_tensor_v2\n.')],
    ['a tensor is made of no storage', 'invalid-content', torchFile('\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))tR.')],
    ['data is referred to by something else', 'invalid-content', torchFile('\x80\x02X\x01\x00\x00\x00aQ.')],
    ['a number of NumPy is big-endian', 'unsupported', torchFile('\x80\x02cnumpy\ndtype\n(U\x02f8\x89\x88tR(K\x03U\x01>tb.')],
    [
      'a number of NumPy is too short',
      'size-mismatch',
      torchFile('\x80\x03cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\x02f8\x89\x88tRC\x01atR.'),
    ],
  ];
  test.each(cases)('%s', (_why, kind, bytes) => expect(kindOf(bytes)).toBe(kind));

  test('an entry is compressed, so that a small file cannot become a large one', () => {
    const bomb = new Uint8Array(20 * 2 ** 20);
    const bytes = writeZip([['archive/data.pkl', deflateRawSync(bomb)]]);
    const view = new DataView(bytes.buffer);
    const central = view.getUint32(bytes.length - 6, true);
    // The fields of the central header lie two bytes further on.
    for (const header of [0, central + 2]) {
      view.setUint16(header + 8, 8, true);
      view.setUint32(header + 14, crc32(bomb), true);
      view.setUint32(header + 22, bomb.length, true);
    }
    expect(kindOf(bytes)).toBe('unsupported');
  });

  test('a program, whose source torch.jit.save compresses, is named for what it is', () => {
    const bytes = writeZip([
      ['a/code/a.py', deflateRawSync(raw('def forward(self): ...'))],
      ['a/data.pkl', raw('N.')],
      ['a/constants.pkl', raw('N.')],
    ]);
    const view = new DataView(bytes.buffer);
    const central = view.getUint32(bytes.length - 6, true);
    for (const header of [0, central + 2]) view.setUint16(header + 8, 8, true);
    expect(() => readTorch(bytes)).toThrow('a TorchScript program, which would have to be run; save its weights with');
  });

  test('a file within an archive contradicts the zip64 record', () => {
    const bytes = fixture('torch.pt');
    const view = new DataView(bytes.buffer);
    const record = bytes.length - 22 - 20 - 56;
    expect(view.getUint32(record, true)).toBe(0x06064b50);
    const count = view.getBigUint64(record + 32, true);
    for (const field of [24, 32]) view.setBigUint64(record + field, count + 1n, true);
    expect(kindOf(bytes)).toBe('invalid-layout');
    view.setUint32(record, 0, true);
    expect(kindOf(bytes)).toBe('invalid-layout');
  });

  test('the message names file, place, opcode and what was asked for', () => {
    expect(() => readTorch(torchFile("\x80\x02cos\nsystem\n(S'ls'\ntR."), { source: 'runs/a.pt' })).toThrow(
      'runs/a.pt: asks for "os.system", which is no data; nothing was run',
    );
    expect(() => readTorch(file({ size: [5] }), { source: 'runs/a.pt' })).toThrow(
      'a tensor of shape [5] needs 5 elements of F32, its storage holds 4',
    );
  });
});

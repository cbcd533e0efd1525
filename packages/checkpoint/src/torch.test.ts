import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { CheckpointError, type CheckpointErrorKind } from './checkpoint-error.js';
import { crc32 } from './crc32.js';
import { readEdm } from './edm-read.js';
import type { NamedArray } from './named-array.js';
import { type PlainMap, PlainObject, type PlainValue } from './plain-value.js';
import { readSafetensors } from './safetensors-read.js';
import { little, raw } from './testing/raw-bytes.js';
import { dictOpcodes, tensorOpcodes, torchFile } from './testing/torch-file.js';
import { readTorch } from './torch-read.js';
import { writeTorch } from './torch-write.js';
import { writeZip } from './zip-write.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const sorted = (arrays: ReadonlyMap<string, NamedArray>) => [...arrays].sort(([a], [b]) => (a < b ? -1 : 1));
const at = (value: PlainValue, ...path: string[]): PlainValue | undefined =>
  path.reduce<PlainValue | undefined>(
    (inner, key) => (inner instanceof PlainObject ? inner.attributes.get(key) : (inner as PlainMap).get(key)),
    value,
  );

function kindOf(bytes: Uint8Array, read = readTorch): CheckpointErrorKind {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof CheckpointError) return error.kind;
    throw error;
  }
  throw new Error('the file was read');
}

describe('files of PyTorch', () => {
  const expected = sorted(readSafetensors(fixture('torch.safetensors')).tensors);

  test('both forms of torch.save give the same tensors as a safetensors file of them: every type, views with any strides, names by path', () => {
    expect(sorted(readTorch(fixture('torch-legacy.pt')).tensors)).toEqual(expected);
    const zip = readTorch(fixture('torch.pt')).tensors;
    expect(sorted(new Map([...zip].filter(([name]) => !name.startsWith('unsigned.'))))).toEqual(expected);
    expect(zip.get('unsigned.uint16')).toEqual({ dtype: 'U16', shape: [3], data: Uint16Array.of(0, 1, 2) });
    expect(zip.get('unsigned.uint64')).toEqual({ dtype: 'U64', shape: [3], data: BigUint64Array.of(0n, 1n, 2n) });
  });

  test.each(['torch.pt', 'torch-legacy.pt'])('%s: what is no tensor comes out as plain values', (name) => {
    const { value } = readTorch(fixture(name));
    expect(at(value, 'phase')).toBe(1);
    expect(at(value, 'big')).toBe(2n ** 60n);
    expect(at(value, 'negative')).toBe(-3);
    expect(at(value, 'name')).toBe('teacher ü');
    expect(at(value, 'flags')).toEqual([true, false, null]);
    expect(at(value, 'size')).toEqual([2, 3, 4]);
    expect(at(value, 'dtype')).toBe('bfloat16');
    expect(at(value, 'numpy')).toBe(Math.SQRT1_2);
    expect(at(value, 'bytes')).toEqual(Uint8Array.of(0, 255));
    expect(at(value, 'set')).toEqual([1]);
    expect(at(value, 'optimizer', 'param_groups')).toEqual([
      new Map<string, unknown>([
        ['lr', 1e-3],
        ['betas', [0.9, 0.999]],
        ['params', [0]],
      ]),
    ]);
    expect(at(value, 'scalar')).toEqual({ dtype: 'F64', shape: [], data: Float64Array.of(2.5) });
  });

  test('tensors in order at an aligned place are views of the file, also where another tensor shares their data', () => {
    const bytes = fixture('torch.pt');
    const { tensors } = readTorch(bytes);
    expect(tensors.get('views.tail')!.data.buffer).toBe(bytes.buffer);
    expect(tensors.get('views.one')!.data.buffer).toBe(bytes.buffer);
    expect(tensors.get('views.transposed')!.data.buffer).not.toBe(bytes.buffer);
  });

  test('a file is read at an address that no element type is aligned to', () => {
    const bytes = fixture('torch.pt');
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(sorted(readTorch(shifted.subarray(1)).tensors)).toEqual(sorted(readTorch(bytes).tensors));
  });

  test('what we write is read back, and the same arrays give the same bytes', () => {
    const tensors = new Map([...readSafetensors(fixture('reference.safetensors')).tensors, ...readTorch(fixture('torch.pt')).tensors]);
    expect(readTorch(writeTorch(tensors)).tensors).toEqual(tensors);
    expect(writeTorch(tensors)).toEqual(writeTorch(tensors));
    expect(readTorch(writeTorch([])).tensors.size).toBe(0);
    for (const array of readTorch(writeTorch(tensors)).tensors.values()) expect(array.data.byteOffset % 64).toBe(0);
  });

  test('the writer refuses a name given twice and an array that contradicts itself', () => {
    const one: NamedArray = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
    expect(() =>
      writeTorch([
        ['a', one],
        ['a', one],
      ]),
    ).toThrow('given twice');
    expect(() => writeTorch([['a', { ...one, shape: [2] }]])).toThrow(RangeError);
    expect(() => writeTorch([['a'.repeat(1025), one]])).toThrow('1024');
  });
});

describe('network pickles of EDM', () => {
  test('tensors have the names of the state dict, classes and arguments are reported, the source text is neither run nor kept', () => {
    const bytes = fixture('edm.pkl');
    const { tensors, value } = readEdm(bytes);
    expect(sorted(tensors)).toEqual(sorted(readSafetensors(fixture('edm.safetensors')).tensors));
    const network = at(value, 'ema', 'model') as PlainObject;
    expect(network.className).toBe('SongUNet');
    expect(at(network, 'skip_scale')).toBe(Math.SQRT1_2);
    expect(at(network, '_init_kwargs', 'channel_mult')).toEqual([1, 2]);
    expect((at(network, 'enc') as PlainObject).className).toBe('ModuleDict');
    expect(at(network, 'enc', '8x8_block0', 'bias')).toBeNull();
    expect(at(value, 'dataset_kwargs', 'path')).toBe('data.zip');
    expect(new TextDecoder('latin1').decode(bytes)).toContain('must never run');
    expect(everything(value)).not.toContain('must never run');
  });

  test('are not read as a torch file, nor torch files as one of them, and each message says so', () => {
    expect(() => readTorch(fixture('edm.pkl'), { source: 'a.pkl' })).toThrow(
      'a.pkl: not a file of torch.save; it is another kind of pickle',
    );
    expect(() => readEdm(fixture('torch.pt'))).toThrow('not a pickle');
    expect(kindOf(fixture('torch-legacy.pt'), readEdm)).toBe('trailing-bytes');
  });

  test('what runs something is refused there too', () => {
    const persistent = (meta: string) => raw(`\x80\x02ctorch_utils.persistence\n_reconstruct_persistent_obj\n${meta}\x85R.`);
    expect(kindOf(raw("\x80\x02cos\nsystem\n(S'touch owned'\ntR."), readEdm)).toBe('forbidden');
    expect(kindOf(persistent('}(U\x04typeU\x05classU\x0aclass_nameU\x01AU\x05statecos\nsystem\nu'), readEdm)).toBe('forbidden');
    expect(kindOf(persistent('}'), readEdm)).toBe('invalid-content');
    expect(kindOf(raw('\x80\x02ctorch.storage\n_load_from_bytes\nC\x03abc\x85R.'), readEdm)).toBe('invalid-content');
    // An object of many hidden attributes, met at many places.
    const hidden = Array.from({ length: 20_000 }, (_, i) => `X\x07\0\0\0_${String(i).padStart(6, '0')}N`).join('');
    const object = `ctorch.nn.modules.container\nModuleDict\n)\x81}(${hidden}ub`;
    const started = process.cpuUsage();
    expect(kindOf(raw(`\x80\x02](${object}q\0${'h\0'.repeat(50_000)}e.`), readEdm)).toBe('too-large');
    expect(process.cpuUsage(started).user).toBeLessThan(2e6);
    // Data of a tensor inside the data of a tensor would nest without end.
    const nested = raw('\x80\x02ctorch.storage\n_load_from_bytes\nC\x00\x85R.');
    const legacy = [...fixture('torch-legacy.pt').subarray(0, 137), ...nested];
    const inner = `B${little(legacy.length, 4)}${String.fromCharCode(...legacy)}`;
    expect(kindOf(raw(`\x80\x03ctorch.storage\n_load_from_bytes\n${inner}\x85R.`), readEdm)).toBe('forbidden');
  });
});

/** All texts of a value, keys and class names too. */
function everything(value: PlainValue): string {
  if (value instanceof PlainObject) return `${value.className} ${everything(value.attributes)}`;
  if (value instanceof Map) return [...value].map(([key, item]) => `${key} ${everything(item)}`).join(' ');
  return Array.isArray(value) ? value.map(everything).join(' ') : String(value);
}

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

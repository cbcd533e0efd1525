import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { CheckpointError } from './checkpoint-error.js';
import { readEdm } from './edm-read.js';
import { readFlax } from './flax-read.js';
import { decodeModelConfig } from './model-folder.js';
import { type Dtype, dtypes, type NamedArray } from './named-array.js';
import { readNpy, writeNpy } from './npy.js';
import { readNpz } from './npz.js';
import { readSafetensors } from './safetensors-read.js';
import { writeSafetensors } from './safetensors-write.js';
import { readShardIndex } from './shard-index.js';
import { damagedBytes } from './testing/damaged-bytes.js';
import { flaxArray, flaxChunks, msgpack } from './testing/flax-file.js';
import { raw } from './testing/raw-bytes.js';
import { soakCount } from './testing/soak-count.js';
import { dictOpcodes, tensorOpcodes, torchFile } from './testing/torch-file.js';
import { readDamaged, withinMemory } from './testing/untrusted-input.js';
import { readTorch } from './torch-read.js';
import { writeTorch } from './torch-write.js';
import { readZip } from './zip-read.js';
import { writeZip } from './zip-write.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const prototypeKeys = Reflect.ownKeys(Object.prototype);
afterAll(() => expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeKeys));

const arrayOf: Record<Dtype, (bytes: Uint8Array) => NamedArray['data']> = {
  U64: (bytes) => new BigUint64Array(bytes.buffer),
  I64: (bytes) => new BigInt64Array(bytes.buffer),
  F64: (bytes) => new Float64Array(bytes.buffer),
  F32: (bytes) => new Float32Array(bytes.buffer),
  U32: (bytes) => new Uint32Array(bytes.buffer),
  I32: (bytes) => new Int32Array(bytes.buffer),
  BF16: (bytes) => new Uint16Array(bytes.buffer),
  F16: (bytes) => new Uint16Array(bytes.buffer),
  U16: (bytes) => new Uint16Array(bytes.buffer),
  I16: (bytes) => new Int16Array(bytes.buffer),
  F8_E4M3: (bytes) => bytes,
  F8_E5M2: (bytes) => bytes,
  I8: (bytes) => new Int8Array(bytes.buffer),
  U8: (bytes) => bytes,
  BOOL: (bytes) => bytes,
};

/** Arrays of any dtype and of rank 0 to 4, empty ones among them, with arbitrary bits. */
const namedArray: fc.Arbitrary<NamedArray> = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(4), { maxLength: 4 }), seed: fc.integer() })
  .map(({ dtype, shape, seed }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bytes = Uint8Array.from({ length: count * 8 }, (_, i) => Math.imul(seed + i, 0x9e3779b1) >>> 24);
    return { dtype, shape, data: arrayOf[dtype](bytes).slice(0, count) } as NamedArray;
  });

const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => text !== '__metadata__');
const entries = fc.uniqueArray(fc.tuple(name, namedArray), { maxLength: 6, selector: ([key]) => key });

const bitsOf = ({ dtype, shape, data }: NamedArray) => ({
  dtype,
  shape,
  bits: new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
});

test('safetensors: whatever is written is read back, bit for bit', () => {
  fc.assert(
    fc.property(entries, fc.dictionary(fc.string(), fc.string()), (list, metadata) => {
      const back = readSafetensors(writeSafetensors(list, metadata));
      expect(back.tensors.size).toBe(list.length);
      for (const [key, array] of list) expect(bitsOf(back.tensors.get(key)!)).toEqual(bitsOf(array));
      expect(back.metadata).toEqual(new Map(Object.entries(metadata)));
    }),
    { numRuns: 300 },
  );
});

test('npy: whatever is written is read back, bit for bit', () => {
  const writable = namedArray.filter(({ dtype }) => !['BF16', 'F8_E4M3', 'F8_E5M2'].includes(dtype));
  fc.assert(
    fc.property(writable, (array) => {
      expect(bitsOf(readNpy(writeNpy(array)))).toEqual(bitsOf(array));
    }),
    { numRuns: 300 },
  );
});

test('torch: whatever is written is read back, bit for bit', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const { tensors } = readTorch(writeTorch(list));
      expect([...tensors.keys()]).toEqual(list.map(([key]) => key));
      for (const [key, array] of list) expect(bitsOf(tensors.get(key)!)).toEqual(bitsOf(array));
    }),
    { numRuns: 300 },
  );
});

test('zip: whatever is written is read back', async () => {
  const files = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z0-9_]{1,9}$/), fc.uint8Array()), { selector: ([key]) => key });
  await fc.assert(
    fc.asyncProperty(files, async (list) => {
      expect(await readZip(writeZip(list))).toEqual(new Map(list));
    }),
    { numRuns: 200 },
  );
});

/** The pickle of the torch fixture, and a small one; packed again, so that the checksums do not tell of the damage. */
const torchEntries = await readZip(fixture('torch.pt'));
const wholePickle = torchEntries.get('torch/data.pkl')!;
const torchData = [...torchEntries].filter(([name]) => name.startsWith('torch/data/'));
const readWhole = (pickle: Uint8Array) => readTorch(writeZip([['torch/data.pkl', pickle], ...torchData]));
const smallPickle = raw(dictOpcodes([['w', tensorOpcodes({ count: 24, size: [2, 3], stride: [4, 1] })]]));
const readSmall = (pickle: Uint8Array) => readTorch(torchFile(pickle, { 0: new Uint8Array(96) }));

const flaxFile = msgpack({
  step: 70000,
  params: {
    kernel: flaxArray([2, 2], 'float32', Float32Array.of(1, 2, 3, 4)),
    bias: flaxChunks([3], [flaxArray([2], 'float16', Uint16Array.of(1, 2)), flaxArray([1], 'float16', Uint16Array.of(3))]),
    list: [1.5, -1, 'text', null, true],
  },
});

/** Any bytes give a value or a CheckpointError, soon. */
const expectValueOrTypedError = (read: (bytes: Uint8Array) => unknown, bytes: Uint8Array) => readDamaged(read, bytes, CheckpointError);

const small = writeSafetensors([
  ['a', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
  ['b', { dtype: 'U8', shape: [], data: Uint8Array.of(1) }],
]);
const parsers: [format: string, read: (bytes: Uint8Array) => unknown, seeds: Uint8Array[], runs: number][] = [
  ['safetensors', readSafetensors, [small, fixture('reference.safetensors')], 4000],
  ['npy', readNpy, [writeNpy({ dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) })], 2000],
  [
    'npz',
    readNpz,
    [writeZip([['a.npy', writeNpy({ dtype: 'U8', shape: [1], data: Uint8Array.of(1) })]]), fixture('plain.npz'), fixture('compressed.npz')],
    2000,
  ],
  ['torch zip', readTorch, [fixture('torch.pt')], 2000],
  ['pickle of a torch zip', readWhole, [wholePickle], 3000],
  ['pickle of a small torch zip', readSmall, [smallPickle], 15_000],
  ['torch legacy', readTorch, [fixture('torch-legacy.pt')], 5000],
  ['edm', readEdm, [fixture('edm.pkl')], 5000],
  ['flax', readFlax, [flaxFile], 15_000],
  [
    'shard index',
    readShardIndex,
    [new TextEncoder().encode('{"metadata":{"total_size":8},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}')],
    2000,
  ],
  ['config.json', decodeModelConfig, [new TextEncoder().encode('{"format":"tract-model","version":1,"a":[1,{"b":null}]}')], 2000],
];

test.each(parsers)(
  '%s: damaged bytes give a value or a typed error, never a hang or a heap of memory',
  async (_format, read, seeds, runs) => {
    await withinMemory(() =>
      fc.assert(
        fc.asyncProperty(damagedBytes(seeds), (bytes) => expectValueOrTypedError(read, bytes)),
        { numRuns: soakCount('INPUTS', runs) },
      ),
    );
  },
);

test.each(parsers)('%s: random bytes give a typed error', async (_format, read) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (bytes) => expectValueOrTypedError(read, bytes)),
    { numRuns: 500 },
  );
});

/** Opcodes with operands that are mostly sound, so that a random sequence gets far. */
const tokens = [
  ...[
    'N',
    '\x88',
    'K\x01',
    'K\x03',
    'J\xff\xff\xff\xff',
    'G\x3f\xf8\0\0\0\0\0\0',
    '\x8a\x01\x05',
    'U\x01a',
    'U\x011',
    'C\x02ab',
    '(',
    '(',
    '0',
    '1',
    '2',
  ],
  ...[
    'h\0',
    'h\x01',
    'q\0',
    'q\x01',
    '\x94',
    ')',
    '\x85',
    '\x86',
    '\x87',
    't',
    't',
    ']',
    'l',
    'a',
    'e',
    '}',
    'd',
    's',
    'u',
    '\x8f',
    '\x90',
    '\x91',
    'R',
    'R',
    '\x81',
    'b',
  ],
  ...[
    'U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x18tQ',
    'ctorch._utils\n_rebuild_tensor_v2\n',
    'ccollections\nOrderedDict\n',
    'ctorch\nSize\n',
  ],
  ...[
    'cnumpy\ndtype\n',
    'cnumpy.core.multiarray\nscalar\n',
    'c_codecs\nencode\n',
    'U\x02f8',
    'U\x06latin1',
    'cbuiltins\nset\n',
    'cos\nsystem\n',
    tensorOpcodes({ count: 24 }),
  ],
];

test('pickles of random opcodes give a value or a typed error', async () => {
  const pickle = fc.array(fc.constantFrom(...tokens), { maxLength: 40 }).map((opcodes) => raw(`${opcodes.join('')}.`));
  await fc.assert(
    fc.asyncProperty(pickle, (bytes) => expectValueOrTypedError(readSmall, bytes)),
    { numRuns: 15_000 },
  );
});

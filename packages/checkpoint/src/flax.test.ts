import { describe, expect, test } from 'vitest';
import type { CheckpointErrorKind } from './checkpoint-error.js';
import { readFlax } from './flax-read.js';
import type { PlainMap } from './plain-value.js';
import { errorKind } from './testing/error-kind.js';
import { flaxArray, flaxChunks, msgpack } from './testing/flax-file.js';
import { raw } from './testing/raw-bytes.js';

const array = flaxArray([2, 2], 'float32', Float32Array.of(1, 2, 3, 4));

const kindOf = (bytes: Uint8Array) => errorKind(() => readFlax(bytes));

test('arrays come out by their path with slashes, numbers and texts as they are', () => {
  const { tensors, value } = readFlax(
    msgpack({
      step: 800000,
      ema_params: { 'down_0.block_1': { conv1: { kernel: array } } },
      note: 'ü',
      list: [true, null, -5, 0.5, 2n ** 60n],
    }),
  );
  expect(tensors).toEqual(
    new Map([['ema_params/down_0.block_1/conv1/kernel', { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]),
  );
  const map = value as PlainMap;
  expect(['step', 'note', 'list'].map((name) => map.get(name))).toEqual([800000, 'ü', [true, null, -5, 0.5, 2n ** 60n]]);
});

test('every element type, single numbers among them', () => {
  const { tensors } = readFlax(
    msgpack({
      half: flaxArray([2], 'float16', Uint16Array.of(0x3c00, 0)),
      brain: flaxArray([1], 'bfloat16', Uint16Array.of(0x3f80)),
      flags: flaxArray([1, 2], 'bool', Uint8Array.of(0, 1)),
      wide: flaxArray([1], 'int64', BigInt64Array.of(-7n)),
      single: flaxArray([], 'int32', Int32Array.of(3), 3),
      empty: flaxArray([0, 3], 'float64', new Float64Array(0)),
    }),
  );
  expect([...tensors.values()].map(({ dtype, shape }) => `${dtype} ${shape}`)).toEqual([
    'F16 2',
    'BF16 1',
    'BOOL 1,2',
    'I64 1',
    'I32 ',
    'F64 0,3',
  ]);
  expect(tensors.get('wide')!.data).toEqual(BigInt64Array.of(-7n));
});

test('arrays that were cut into chunks are put together', () => {
  const chunks = [Float32Array.of(1, 2, 3), Float32Array.of(4, 5), Float32Array.of(6)].map((part) =>
    flaxArray([part.length], 'float32', part),
  );
  const { tensors } = readFlax(msgpack({ a: { kernel: flaxChunks([2, 3], chunks) } }));
  expect(tensors).toEqual(new Map([['a/kernel', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]));
});

test('every width of length and number is read', () => {
  const text = 'a'.repeat(300);
  const value = {
    [text]: [0, 127, 128, 255, 256, 65536, 2 ** 33, -1, -33, -129, -40000, -(2 ** 40)],
    b: new Array(20).fill(0),
    c: raw('xyz'),
  };
  expect(readFlax(msgpack(value)).value).toEqual(new Map(Object.entries(value)));
  const wide = raw('\xdf\x00\x00\x00\x02\xd9\x01a\xda\x00\x01b\xdb\x00\x00\x00\x01c\xdc\x00\x01\xca\x3f\xc0\x00\x00');
  expect(readFlax(wide).value).toEqual(new Map<string, unknown>(Object.entries({ a: 'b', c: [1.5] })));
});

describe('a flax file is refused when', () => {
  const deep = `\x81\xa1a${'\x91'.repeat(70)}\x01`;
  const cases: [why: string, kind: CheckpointErrorKind, bytes: Uint8Array][] = [
    ['it is empty', 'truncated', new Uint8Array(0)],
    ['it is no map', 'invalid-header', raw('\x93\x01\x02\x03')],
    ['it is cut off', 'truncated', msgpack({ a: array }).subarray(0, -1)],
    ['bytes follow', 'trailing-bytes', raw('\x80\x00')],
    ['a byte begins no value', 'invalid-content', raw('\x81\xa1a\xc1')],
    ['a key is a number', 'unsupported', raw('\x81\x01\x02')],
    ['a key occurs twice', 'duplicate-name', raw('\x82\xa1a\x01\xa1a\x02')],
    ['a list claims 2^32 - 1 values', 'truncated', raw('\x81\xa1a\xdd\xff\xff\xff\xff')],
    ['a map claims 2^32 - 1 values', 'truncated', raw('\x81\xa1a\xdf\xff\xff\xff\xff')],
    ['bytes claim 4 GB', 'truncated', raw('\x81\xa1a\xc6\xff\xff\xff\xff')],
    ['a text is not UTF-8', 'invalid-content', raw('\x81\xa1\xff\x01')],
    ['values nest too deep', 'too-large', raw(deep)],
    ['an extension is unknown', 'unsupported', raw('\x81\xa1a\xd4\x09\x00')],
    ['an array is no description', 'invalid-content', raw('\x81\xa1a\xd4\x01\x00')],
    ['an array holds an array', 'invalid-content', raw('\x81\xa1a\xc7\x04\x01\x91\xd4\x01\x00')],
    ['an array is shorter than its shape', 'size-mismatch', msgpack({ a: flaxArray([5], 'float32', Float32Array.of(1)) })],
    ['a shape overflows', 'size-mismatch', msgpack({ a: flaxArray([2 ** 40, 2 ** 40], 'float32', Float32Array.of(1)) })],
    ['a size is negative', 'invalid-content', msgpack({ a: flaxArray([-1], 'float32', Float32Array.of(1)) })],
    ['its numbers are complex', 'unsupported', msgpack({ a: flaxArray([1], 'complex64', Float32Array.of(1, 2)) })],
    ['chunks are missing', 'invalid-content', msgpack({ a: { __msgpack_chunked_array__: true, shape: { '0': 2 } } })],
    [
      'a chunk is missing',
      'invalid-content',
      msgpack({ a: { __msgpack_chunked_array__: true, shape: { '0': 4 }, chunks: { '1': array } } }),
    ],
    ['chunks are not enough', 'size-mismatch', msgpack({ a: flaxChunks([3, 3], [array]) })],
    ['a name is used for two arrays', 'duplicate-name', msgpack({ a: { b: array }, 'a/b': array })],
    ['lists are many', 'too-large', raw(`\x81\xa1a\xdd\x00\x07\xa1\x20${'\x90'.repeat(500_000)}`)],
  ];
  test.each(cases)('%s', (_why, kind, bytes) => expect(kindOf(bytes)).toBe(kind));

  test('the message names the file and the place', () => {
    expect(() => readFlax(raw('\x81\xa1a\xc1'), { source: 'cifar.msgpack' })).toThrow(
      'cifar.msgpack: msgpack, byte 3: 0xc1 begins no value',
    );
  });
});

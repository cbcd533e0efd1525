import { readFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { CheckpointErrorKind } from './checkpoint-error.js';
import { decodeFloat16, toFloat32 } from './half-precision.js';
import type { NamedArray } from './named-array.js';
import { readSafetensors } from './safetensors-read.js';
import { writeSafetensors } from './safetensors-write.js';
import { errorKind } from './testing/error-kind.js';

const reference = new Uint8Array(readFileSync(new URL('../fixtures/reference.safetensors', import.meta.url)));

/** A file with this header text and this many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (shape: string, offsets: string, dtype = '"F32"') => `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;

const kindOf = (bytes: Uint8Array, options = {}) => errorKind(() => readSafetensors(bytes, options));

describe('files of the reference library', () => {
  test('are read with the values that went in', () => {
    const { tensors, metadata } = readSafetensors(reference);
    const counting = Array.from({ length: 12 }, (_, i) => i);
    expect(metadata).toEqual(new Map([['made by', 'safetensors']]));
    expect(tensors.get('f8')).toEqual({ dtype: 'F64', shape: [3, 4], data: Float64Array.from(counting, (i) => i / 7) });
    expect(tensors.get('f4')).toEqual({ dtype: 'F32', shape: [3, 4], data: Float32Array.from(counting, (i) => i / 7) });
    expect(tensors.get('i8')).toEqual({ dtype: 'I64', shape: [12], data: BigInt64Array.from(counting, (i) => BigInt(i - 6)) });
    expect(tensors.get('i1')).toEqual({ dtype: 'I8', shape: [12], data: Int8Array.from(counting, (i) => i - 6) });
    expect(tensors.get('b1')).toEqual({ dtype: 'BOOL', shape: [12], data: Uint8Array.from(counting, (i) => 1 - (i % 2)) });
    expect(tensors.get('scalar')).toEqual({ dtype: 'F64', shape: [], data: Float64Array.of(2.5) });
    expect(tensors.get('empty')).toEqual({ dtype: 'F32', shape: [3, 0, 2], data: new Float32Array(0) });
    expect(tensors.size).toBe(16);
  });

  test('are written again byte for byte, whatever the order of the entries', () => {
    const { tensors, metadata } = readSafetensors(reference);
    expect(writeSafetensors([...tensors].reverse(), metadata)).toEqual(reference);
  });

  test('are read at an address that no element type is aligned to', () => {
    const shifted = new Uint8Array(reference.length + 1);
    shifted.set(reference, 1);
    expect(readSafetensors(shifted.subarray(1))).toEqual(readSafetensors(reference));
  });
});

describe('a sound file', () => {
  test('may hold no tensor at all', () => {
    expect(readSafetensors(file('{}')).tensors.size).toBe(0);
    expect(readSafetensors(writeSafetensors([])).tensors.size).toBe(0);
  });

  test('is read without a copy when it is aligned', () => {
    const bytes = writeSafetensors([['a', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]);
    expect(readSafetensors(bytes).tensors.get('a')?.data.buffer).toBe(bytes.buffer);
  });

  test('may use names that mean something to JavaScript, without effect', () => {
    const array: NamedArray = { dtype: 'U8', shape: [1], data: Uint8Array.of(7) };
    const names = ['__proto__', 'constructor', 'toString', '10', '2'];
    const { tensors, metadata } = readSafetensors(
      writeSafetensors(
        names.map((name) => [name, array] as const),
        new Map([['__proto__', 'x']]),
      ),
    );
    expect([...tensors.keys()].sort()).toEqual([...names].sort());
    expect(metadata.get('__proto__')).toBe('x');
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });
});

describe('a file that breaks a rule of the format is refused with the rule', () => {
  const good = tensor('[2]', '[0,8]');
  const cases: [rule: string, kind: CheckpointErrorKind, bytes: Uint8Array][] = [
    ['empty file', 'truncated', new Uint8Array(0)],
    ['seven bytes', 'truncated', new Uint8Array(7)],
    ['header longer than the file', 'truncated', file('{}').subarray(0, 9)],
    ['header length of 2^63', 'too-large', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80, 0x7b, 0x7d)],
    ['header length of 2^24 + 1', 'too-large', Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 0x7b, 0x7d)],
    ['header of no bytes', 'invalid-header', file('')],
    ['leading space', 'invalid-header', file(' {}')],
    ['byte order mark', 'invalid-header', file('\ufeff{}')],
    ['not UTF-8', 'invalid-header', file(Uint8Array.of(0x7b, 0xff, 0x7d))],
    ['not JSON', 'invalid-header', file('{"a"}')],
    ['text after the object', 'invalid-header', file('{}x')],
    ['lone surrogate', 'invalid-name', file(`{"\\ud800":${good}}`, 8)],
    ['deep nesting', 'invalid-header', file(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)],
    ['same tensor twice', 'duplicate-name', file(`{"a":${good},"a":${good}}`, 8)],
    ['same tensor twice, once escaped', 'duplicate-name', file(`{"a":${good},"\\u0061":${good}}`, 8)],
    ['same field twice', 'duplicate-name', file('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8)],
    ['metadata that is no object', 'invalid-header', file('{"__metadata__":[]}')],
    ['metadata with a number', 'invalid-header', file('{"__metadata__":{"a":1}}')],
    ['name of 1,025 characters', 'invalid-name', file(`{"${'a'.repeat(1025)}":${good}}`, 8)],
    ['tensor that is no object', 'invalid-header', file('{"a":3}')],
    ['no dtype', 'invalid-header', file('{"a":{"shape":[2],"data_offsets":[0,8]}}', 8)],
    ['unknown dtype', 'unsupported', file(`{"a":${tensor('[2]', '[0,8]', '"F8_E8M0"')}}`, 8)],
    ['dtype of Object.prototype', 'unsupported', file(`{"a":${tensor('[2]', '[0,8]', '"constructor"')}}`, 8)],
    ['no shape', 'invalid-header', file('{"a":{"dtype":"F32","data_offsets":[0,8]}}', 8)],
    ['shape of strings', 'invalid-header', file(`{"a":${tensor('["2"]', '[0,8]')}}`, 8)],
    ['negative size', 'invalid-header', file(`{"a":${tensor('[-2]', '[0,8]')}}`, 8)],
    ['fractional size', 'invalid-header', file(`{"a":${tensor('[2.0]', '[0,8]')}}`, 8)],
    ['size with an exponent', 'invalid-header', file(`{"a":${tensor('[2e0]', '[0,8]')}}`, 8)],
    ['size that a double rounds', 'invalid-header', file(`{"a":${tensor('[9007199254740993]', '[0,8]')}}`, 8)],
    ['product beyond 2^53', 'size-mismatch', file(`{"a":${tensor('[4294967296,4294967296]', '[0,8]')}}`, 8)],
    ['product that wraps to zero', 'size-mismatch', file(`{"a":${tensor('[4294967296,4294967296,0]', '[0,0]')}}`)],
    ['three offsets', 'invalid-header', file(`{"a":${tensor('[2]', '[0,8,8]')}}`, 8)],
    ['offsets that run backwards', 'invalid-layout', file(`{"a":${tensor('[2]', '[8,0]')}}`, 8)],
    ['range shorter than the shape', 'size-mismatch', file(`{"a":${tensor('[2]', '[0,4]')}}`, 4)],
    ['hole at the start', 'invalid-layout', file(`{"a":${tensor('[2]', '[4,12]')}}`, 12)],
    ['hole between two', 'invalid-layout', file(`{"a":${good},"b":${tensor('[1]', '[12,16]')}}`, 16)],
    ['overlap', 'invalid-layout', file(`{"a":${good},"b":${tensor('[1]', '[4,8]')}}`, 8)],
    ['data cut off', 'truncated', file(`{"a":${good}}`, 7)],
    ['data left over', 'trailing-bytes', file(`{"a":${good}}`, 9)],
  ];
  test.each(cases)('%s', (_rule, kind, bytes) => expect(kindOf(bytes)).toBe(kind));

  test('more than 100,000 tensors', () => {
    const names = Array.from({ length: 100_001 }, (_, i) => `"${i}":${tensor('[0]', '[0,0]')}`);
    expect(kindOf(file(`{${names}}`))).toBe('too-large');
  });

  test('a header over the caller’s limit, and over 100 MB whatever the caller allows', () => {
    expect(kindOf(reference, { maxHeaderBytes: 100 })).toBe('too-large');
    expect(kindOf(Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0, 0x7b), { maxHeaderBytes: 2 ** 40 })).toBe('too-large');
  });

  test('the message names the file, the tensor and the sizes, and no control character', () => {
    expect(() => readSafetensors(file(`{"w\\u001b[2J":${tensor('[2]', '[0,4]')}}`, 4), { source: 'model.safetensors' })).toThrow(
      'model.safetensors: tensor "w\\u001b[2J" of shape [2] and dtype F32 needs 8 bytes, its range holds 4',
    );
  });
});

test('a header of 16 MB of hostile strings is refused within seconds', () => {
  // Processor time, not the clock: the machine may be busy with other things.
  const started = process.cpuUsage();
  expect(kindOf(file(`{${'"\\"'.repeat(5_000_000)}`))).toBe('invalid-header');
  expect(kindOf(file(`{"${'\\"'.repeat(8_000_000)}`))).toBe('invalid-header');
  expect(process.cpuUsage(started).user).toBeLessThan(10e6);
});

describe('the writer refuses', () => {
  const one: NamedArray = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
  test('a shape that does not fit the data', () => {
    expect(() => writeSafetensors([['a', { ...one, shape: [2] }]])).toThrow('shape [2] does not describe 1 elements');
    expect(() => writeSafetensors([['a', { ...one, shape: [-1] }]])).toThrow(RangeError);
  });
  test('an array class that does not fit the dtype', () => {
    expect(() => writeSafetensors([['a', { ...one, dtype: 'F64' } as unknown as NamedArray]])).toThrow(
      'dtype F64 is stored in a Float64Array',
    );
    expect(() => writeSafetensors([['a', { ...one, dtype: 'C64' } as unknown as NamedArray]])).toThrow('dtype must be one of');
  });
  test('names that could not be read back', () => {
    expect(() => writeSafetensors([['__metadata__', one]])).toThrow('reserved');
    expect(() => writeSafetensors([['a'.repeat(1025), one]])).toThrow('1024');
    expect(() => writeSafetensors([['\ud800', one]])).toThrow('well-formed');
    expect(() =>
      writeSafetensors([
        ['a', one],
        ['a', one],
      ]),
    ).toThrow('given twice');
  });
  test('metadata that is not text', () => {
    expect(() => writeSafetensors([], { a: 1 as unknown as string })).toThrow(TypeError);
  });
});

describe('half precision', () => {
  test('every float16 that NumPy wrote is decoded exactly', () => {
    const { tensors } = readSafetensors(reference);
    const expected = [0, 0.142822265625, 0.28564453125, 0.428466796875, 0.5712890625, 0.71435546875, 0.85693359375, 1];
    expect([...toFloat32(tensors.get('f2')!)].slice(0, 8)).toEqual(expected);
  });
  test('zeros, subnormals, the largest number, infinities and NaN', () => {
    const bits = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
    const values = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -Infinity, NaN];
    expect(bits.map(decodeFloat16)).toEqual(values);
  });
  test('all float16 at once are what each is by itself', () => {
    const data = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    expect(toFloat32({ dtype: 'F16', shape: [data.length], data })).toEqual(Float32Array.from(data, decodeFloat16));
  });
  test('bfloat16 is the upper half of a float32', () => {
    const data = Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x0001);
    expect([...toFloat32({ dtype: 'BF16', shape: [4], data })]).toEqual([1, -3.140625, Infinity, 2 ** -133]);
  });
  test('other types become float32 too', () => {
    expect([...toFloat32({ dtype: 'I64', shape: [2], data: BigInt64Array.of(-3n, 4n) })]).toEqual([-3, 4]);
    expect([...toFloat32({ dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) })]).toEqual([0, 1]);
    expect([...toFloat32({ dtype: 'F64', shape: [1], data: Float64Array.of(0.1) })]).toEqual([Math.fround(0.1)]);
  });
});

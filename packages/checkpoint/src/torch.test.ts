import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { NamedArray } from './named-array.js';
import { type PlainMap, PlainObject, type PlainValue } from './plain-value.js';
import { readSafetensors } from './safetensors-read.js';
import { readTorch } from './torch-read.js';
import { writeTorch } from './torch-write.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const sorted = (arrays: ReadonlyMap<string, NamedArray>) => [...arrays].sort(([a], [b]) => (a < b ? -1 : 1));
const at = (value: PlainValue, ...path: string[]): PlainValue | undefined =>
  path.reduce<PlainValue | undefined>(
    (inner, key) => (inner instanceof PlainObject ? inner.attributes.get(key) : (inner as PlainMap).get(key)),
    value,
  );

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

import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import {
  byteCount,
  fraction,
  integerList,
  optionalIntegerList,
  positiveNumber,
  quantity,
  shortCount,
  upTo,
  wholeNumber,
  wholeNumberUpTo,
} from './quantity.js';

test('counts may end in K and M', () => {
  expect(['640', '100K', '1.5M', '1.1m', '0.5k'].map(quantity)).toEqual([640, 100_000, 1_500_000, 1_100_000, 500]);
  for (const count of [1, 999, 1000, 1500, 360_000, 1_000_000, 2_500_000]) expect(quantity(shortCount(count))).toBe(count);
});

test('bytes may end in K, M, G and T', () => {
  expect(['0', '640', '1.5k', '500M', '2G', '2GB', '0.5T'].map(byteCount)).toEqual([0, 640, 1500, 5e8, 2e9, 2e9, 5e11]);
});

test('lists', () => {
  expect(integerList('1,2,2')).toEqual([1, 2, 2]);
  expect(optionalIntegerList('')).toEqual([]);
});

describe('what cannot be is refused', () => {
  const cases: readonly [string, (text: string) => unknown, readonly string[]][] = [
    ['quantity', quantity, ['0', '-1', '', ' ', '1.5', '0.0001K', '1e3', '0x10', 'ten', 'K', '1G', '9007199254740993', 'NaN', 'Infinity']],
    ['upTo', upTo(8), ['9', '0', '1K']],
    ['byteCount', byteCount, ['', '-1', 'G', '1P', '1e9', '9999T']],
    ['wholeNumberUpTo', wholeNumberUpTo(8), ['9', '-1', '']],
    ['wholeNumber', wholeNumber, ['-1', '1.5', '', '1e3', '9007199254740993']],
    ['positiveNumber', positiveNumber(1), ['0', '-1', '1.01', '1e30', '', 'x', 'NaN']],
    ['fraction', fraction, ['1', '-0.1', '', 'NaN']],
    ['integerList', integerList, ['', '1,', ',1', '1,,2', '0', '1.5', '1 2']],
  ];
  for (const [name, parse, texts] of cases) {
    test.each(texts)(`${name}: '%s'`, (text) => {
      expect(() => parse(text)).toThrow(InvalidArgumentError);
    });
  }
});

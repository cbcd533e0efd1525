import { InvalidArgumentError } from 'commander';

const units = new Map([
  ['', 1],
  ['k', 1e3],
  ['m', 1e6],
]);

/**
 * Read a count of things on the command line: `640`, `100K`, `1.5M`. K and M are thousands and millions.
 * @throws InvalidArgumentError for anything but a whole number of at least 1.
 */
export function quantity(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text.trim());
  const value = match ? Number(match[1]) * units.get(match[2].toLowerCase())! : Number.NaN;
  // 1.1M is 1100000.0000000002 in binary.
  const rounded = Math.round(value);
  if (!(rounded >= 1) || Math.abs(value - rounded) > 1e-6 || !Number.isSafeInteger(rounded)) {
    throw new InvalidArgumentError('expected a whole number of at least 1, such as 640, 100K or 1.5M.');
  }
  return rounded;
}

const byteUnits: readonly string[] = ['', 'k', 'm', 'g', 't'];

/** Read a number of bytes on the command line: `0`, `500M`, `2G`; powers of 1000. @throws InvalidArgumentError */
export function byteCount(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)b?$/i.exec(text.trim());
  const value = match ? Number(match[1]) * 1000 ** byteUnits.indexOf(match[2].toLowerCase()) : Number.NaN;
  if (!Number.isSafeInteger(Math.round(value))) throw new InvalidArgumentError('expected a number of bytes, such as 0, 500M or 2G.');
  return Math.round(value);
}

/** Make the reader of numbers that a condition holds for. */
const numberThat =
  (holds: (value: number) => boolean, expected: string) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!holds(value)) throw new InvalidArgumentError(`expected ${expected}.`);
    return value;
  };

/** Make a reader refuse numbers above a limit. */
const atMost =
  (limit: number, read: (text: string) => number) =>
  (text: string): number => {
    const value = read(text);
    if (value > limit) throw new InvalidArgumentError(`expected at most ${limit}.`);
    return value;
  };

/** Read a quantity from 1 to the limit. @throws InvalidArgumentError */
export const upTo = (limit: number) => atMost(limit, quantity);

/** Read a whole number of at least 0: seeds and the like. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('expected a whole number of at least 0.');
  return value;
}

/** Read a whole number from 0 to the limit. @throws InvalidArgumentError */
export const wholeNumberUpTo = (limit: number) => atMost(limit, wholeNumber);

/** Read a number in (0, limit]. @throws InvalidArgumentError */
export const positiveNumber = (limit: number) =>
  numberThat((value) => value > 0 && value <= limit, `a number above 0 and at most ${limit}`);

/** Read a number in [0, limit]. @throws InvalidArgumentError */
export const numberUpTo = (limit: number) =>
  numberThat((value) => value >= 0 && value <= limit, `a number of at least 0 and at most ${limit}`);

/** Read a number in [0, 1). @throws InvalidArgumentError */
export const fraction = numberThat((value) => value >= 0 && value < 1, 'a number of at least 0 and below 1');

/** Read whole numbers of at least 1 with commas between them. @throws InvalidArgumentError */
export function integerList(text: string): readonly number[] {
  const values = text.split(',').map((part) => Number(part));
  if (!/^\d+(,\d+)*$/.test(text) || values.some((value) => value < 1 || !Number.isSafeInteger(value))) {
    throw new InvalidArgumentError('expected whole numbers of at least 1 with commas between them, such as 1,2,2.');
  }
  return values;
}

/** Read a list as `integerList` does; the empty text is the empty list. @throws InvalidArgumentError */
export const optionalIntegerList = (text: string): readonly number[] => (text.trim() === '' ? [] : integerList(text));

/** Write 360000 as 360K, as the command line takes it; exact. */
export function shortCount(count: number): string {
  if (count % 1e3 !== 0) return String(count);
  return count < 1e6 ? `${count / 1e3}K` : `${count / 1e6}M`;
}

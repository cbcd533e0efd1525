/** Scale of an axis: linear from 0, or logarithmic. */
export type Scale = 'linear' | 'log2' | 'log10';

/** Round numbers from 0 to the first at or above `highest`, four to eight steps: 1, 2 or 5 times a power of ten apart. */
export function linearTicks(highest: number): number[] {
  if (!(highest > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => highest / candidate <= 8)!;
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, i) => exact(i * step));
}

/** List the powers of two from the last at or below `lowest` to the first at or above `highest`, two at least. Both > 0. */
export function powerTicks(lowest: number, highest: number): number[] {
  const first = Math.floor(Math.log2(lowest));
  const last = Math.max(first + 1, Math.ceil(Math.log2(highest)));
  return Array.from({ length: last - first + 1 }, (_, i) => 2 ** (first + i));
}

/** List the powers of ten from the last at or below `lowest` to the first at or above `highest`, with 2 and 5 times them in between if those are at most nine. Both > 0. */
export function decadeTicks(lowest: number, highest: number): number[] {
  const fine = ladder([1, 2, 5], lowest, highest);
  return fine.length <= 9 ? fine : ladder([1], lowest, highest);
}

function ladder(factors: readonly number[], lowest: number, highest: number): number[] {
  const first = Math.floor(Math.log10(lowest));
  const decades = Array.from({ length: Math.ceil(Math.log10(highest)) - first + 2 }, (_, i) => first + i);
  const rungs = decades.flatMap((decade) => factors.map((factor) => exact(factor * 10 ** decade)));
  const from = rungs.findLastIndex((rung) => rung <= lowest);
  const to = rungs.findIndex((rung) => rung >= highest);
  return rungs.slice(from, Math.max(to, from + 1) + 1);
}

/** Round away the digits that binary fractions add. */
const exact = (value: number): number => Number(value.toPrecision(12));

/** A tick as short as it can be read: 20K, 1.5M, 0.05, 2e-4. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${exact(value / 1e6)}M`;
  if (size >= 1e4) return `${exact(value / 1e3)}K`;
  return size > 0 && size < 1e-2 ? value.toExponential() : String(value);
}

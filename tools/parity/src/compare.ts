/** One number of a file that was compared: what, how far off relative to its scale, and how far it may be. */
export type Finding = { readonly what: string; readonly error: number; readonly tolerance: number };

/** NaN anywhere counts as an infinite error, so that it cannot hide in a maximum. */
const worstOf = (errors: Iterable<number>): number => {
  let most = 0;
  for (const error of errors) {
    if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    if (error > most) most = error;
  }
  return most;
};

/** The largest absolute entry; 0 for an empty list. */
export const largest = (values: ArrayLike<number>): number => worstOf(Array.from(values, Math.abs));

function requireSameLength(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (got.length !== expected.length) throw new RangeError(`ours has ${got.length} numbers where the file has ${expected.length}`);
}

/** An infinite error stays one, even where the scale is infinite too. */
const ratio = (error: number, scale: number): number => (error === Number.POSITIVE_INFINITY ? error : error / (scale || 1));

/** Return the largest difference, relative to `scale`. Default scale: the largest expected entry. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>, scale: number = largest(expected)): number {
  requireSameLength(got, expected);
  return ratio(worstOf(Array.from(expected, (value, i) => Math.abs(got[i] - value))), scale);
}

/** Largest of the differences, each relative to its own expected entry, but to no less than a thousandth of the largest one: near a zero crossing the error is absolute. */
export function elementwiseError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  requireSameLength(got, expected);
  const floor = largest(expected) / 1000 || 1;
  return worstOf(Array.from(expected, (value, i) => Math.abs(got[i] - value) / Math.max(Math.abs(value), floor)));
}

/** Largest difference beyond what each entry is allowed on top, relative to the largest expected entry. */
export function relativeErrorBeyond(allowed: ArrayLike<number>, got: ArrayLike<number>, expected: ArrayLike<number>): number {
  requireSameLength(got, expected);
  return ratio(worstOf(Array.from(expected, (value, i) => Math.max(0, Math.abs(got[i] - value) - allowed[i]))), largest(expected));
}

export const isMiss = ({ error, tolerance }: Finding): boolean => !(error <= tolerance);

/** The finding that comes closest to its tolerance, or is furthest beyond it. */
export const worstFinding = (findings: readonly Finding[]): Finding => findings.reduce((a, b) => (excess(b) > excess(a) ? b : a));

/** Return the error in units of the tolerance, which is 0 if bits must be equal. */
const excess = ({ error, tolerance }: Finding): number => (error === 0 ? 0 : error / tolerance);

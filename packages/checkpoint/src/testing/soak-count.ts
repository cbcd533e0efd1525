/**
 * How often a test repeats its work: as often as every run of the tests can afford, or what `npm run soak` says in its place.
 * @param name of the environment variable `TRACT_SOAK_{name}`
 */
export function soakCount(name: string, usual: number): number {
  const told = process.env[`TRACT_SOAK_${name}`];
  const count = told === undefined ? usual : Number(told);
  if (!(Number.isSafeInteger(count) && count >= 1)) throw new RangeError(`TRACT_SOAK_${name} must be a count of at least 1, got ${told}`);
  return count;
}

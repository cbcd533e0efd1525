/**
 * Return the number of times that a test repeats its work: `usual`, which every run of the tests can afford, or the number that `npm run soak` sets.
 * @param name of the environment variable `TRACT_SOAK_{name}`
 */
export function soakCount(name: string, usual: number): number {
  const told = process.env[`TRACT_SOAK_${name}`];
  const count = told === undefined ? usual : Number(told);
  if (!(Number.isSafeInteger(count) && count >= 1)) throw new RangeError(`TRACT_SOAK_${name} must be a count of at least 1, got ${told}`);
  return count;
}

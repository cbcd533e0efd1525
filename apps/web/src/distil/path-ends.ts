/** Positions of the shown points before, between and after the steps: a list of [points,2]. */
export type Paths = readonly Float32Array[];

export const shownPoints = 240;

/** Root mean square of the distance between where two sets of paths end. */
export function distance(a: Paths, b: Paths): number {
  const [ends, others] = [a[a.length - 1], b[b.length - 1]];
  return Math.sqrt(ends.reduce((sum, value, i) => sum + (value - others[i]) ** 2, 0) / shownPoints);
}

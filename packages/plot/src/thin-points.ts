export type Point = readonly [x: number, y: number];

/** At most `most` points that show the same course: means over as many neighbours each, but for the last. */
export function thinPoints(points: readonly Point[], most: number): Point[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => mean(points.slice(i * size, (i + 1) * size)));
}

const mean = (points: readonly Point[]): Point => {
  const sum = points.reduce(([x, y], [px, py]) => [x + px, y + py], [0, 0]);
  return [sum[0] / points.length, sum[1] / points.length];
};

// A model of a step's time: each kind of work at a speed of its own, fitted to what was measured.

/** Kinds of work, and how many of them are one unit: of the model's coefficients, milliseconds a unit. */
export const kinds = /** @type {const} */ ([
  ['convolutionFlops', 'ms for 10⁹ operations of 3x3 convolutions', 1e9],
  ['convolutionBytes', "ms for 10⁹ bytes of 3x3 convolutions' operands: their transforms", 1e9],
  ['productFlops', 'ms for 10⁹ operations of other products', 1e9],
  ['otherBytes', 'ms for 10⁹ bytes of other kernels', 1e9],
  ['launches', 'ms for 1,000 launches', 1e3],
]);

const unitsOf = (work) => kinds.map(([kind, , unit]) => work[kind] / unit);

/** Milliseconds that the model gives a piece of work. */
export const predict = (coefficients, work) => unitsOf(work).reduce((sum, units, i) => sum + units * coefficients[i], 0);

/**
 * Coefficients ≥ 0 with the least sum of squares of relative errors over `points`, by coordinate descent: with few coefficients it converges to machine precision.
 * @param {readonly { work: object, ms: number }[]} points
 */
export function fit(points) {
  const rows = points.map(({ work, ms }) => unitsOf(work).map((units) => units / ms));
  const coefficients = kinds.map(() => 0);
  const errors = points.map(() => -1);
  for (let round = 0; round < 20000; round++)
    for (const i of coefficients.keys()) {
      const square = rows.reduce((sum, row) => sum + row[i] ** 2, 0);
      const slope = rows.reduce((sum, row, at) => sum + row[i] * errors[at], 0);
      const moved = Math.max(0, coefficients[i] - (square > 0 ? slope / square : 0)) - coefficients[i];
      for (const [at, row] of rows.entries()) errors[at] += moved * row[i];
      coefficients[i] += moved;
    }
  return coefficients;
}

/** Each point with what the model says of it when it is fitted to all other points, and to all: relative errors. */
export function errorsOf(points) {
  const all = fit(points);
  return points.map((point) => {
    const others = fit(points.filter((other) => other !== point));
    return { ...point, error: predict(all, point.work) / point.ms - 1, unseen: predict(others, point.work) / point.ms - 1 };
  });
}

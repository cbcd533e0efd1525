import type { Value } from './graph-builder.js';
import type { ScalarMath } from './scalar-math.js';

// Of sums and products, whose rounding every driver keeps. WGSL promises 2^-11 for sin and cos, from -π to π only, and 4096 units in the last place for atan;
// software drivers are off by 2e-4 at angles of hundreds, which a network answers with 1e-4 in its image.

/** π in three parts: a whole number of up to 12 bits times the first two is exact in float32. Source: Cephes, sinf.c. */
const piParts = [201 / 64, 0.0009675025939941406, 1.50995799097837e-7];
/** Taylor series in z = h², |h| ≤ π / 2: sin(h) / h to h^10 and cos(h) to h^12, off by 6e-8 at the end. */
const sineSeries = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800];
const cosineSeries = [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600];
/** (atan(q) / q - 1) / q² in q², |q| ≤ tan(π / 8). Source: Cephes, atanf.c. */
const arctanSeries = [-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2];

/** Sine and cosine of angles up to ±8,000, off by at most 3e-7 beyond the rounding of the angle: by those of h = angle / 2 less a multiple of π. */
export function sineAndCosine(math: ScalarMath, angles: Value): { readonly sine: Value; readonly cosine: Value } {
  const half = math.mul(angles, 0.5);
  const turns = math.floor(math.add(math.mul(half, 1 / Math.PI), 0.5));
  const h = piParts.reduce((rest, part) => math.sub(rest, math.mul(turns, part)), half);
  const z = math.mul(h, h);
  const sine = math.mul(h, math.polynomial(z, sineSeries));
  const twice = math.mul(sine, 2);
  return { sine: math.mul(twice, math.polynomial(z, cosineSeries)), cosine: math.sub(1, math.mul(twice, sine)) };
}

/** atan(x) / (π / 2) of x > 0, off by at most 2e-7: 1/2 less that of (1 - x) / (1 + x), whose half angle has a short series. */
export function quarterTurns(math: ScalarMath, x: Value): Value {
  const q = math.div(math.sub(1, x), math.add(x, 1));
  const half = math.div(q, math.add(math.hypot(q, 1), 1));
  const z = math.mul(half, half);
  const angle = math.add(math.mul(math.mul(half, z), math.polynomial(z, arctanSeries)), half);
  return math.sub(0.5, math.mul(angle, 4 / Math.PI));
}

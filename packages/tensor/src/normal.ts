/*
 * ln, sin and cos for the noise, and Box-Muller on top. Every step is one IEEE-754 double operation (+ - * / sqrt) in a fixed
 * order, or reads the bits of a double, so that a port compiled without contraction into fused multiply-adds gives equal bits. The
 * library's Math.log and Math.sin are not used because their last bits differ between engines.
 */

// ln 2 = HIGH + LOW. The last 21 bits of HIGH are zero, so that k·HIGH is exact for every exponent k. The decimals name one double each.
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const SQRT_HALF = Math.SQRT1_2; // the double 0.7071067811865476
const HALF_PI = 1.5707963267948966;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
// Position of the word with sign and exponent: the second one on every little-endian machine.
const TOP = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * Natural logarithm of a normal double u > 0, within about 1 unit in the last place.
 * u = 2^k·m with m in [√½, √2); ln m = 2 atanh(s), s = (m - 1)/(m + 1), |s| < 0.1716, by its power series.
 */
export function lnDouble(u: number): number {
  double[0] = u;
  let k = (words[TOP] >>> 20) - 1022;
  words[TOP] = (words[TOP] & 0x000fffff) | 0x3fe00000; // m in [½, 1)
  let m = double[0];
  if (m < SQRT_HALF) {
    m = m * 2;
    k = k - 1;
  }
  const f = m - 1;
  const s = f / (m + 1);
  const z = s * s;
  let p = 1 / 23;
  p = p * z + 1 / 21;
  p = p * z + 1 / 19;
  p = p * z + 1 / 17;
  p = p * z + 1 / 15;
  p = p * z + 1 / 13;
  p = p * z + 1 / 11;
  p = p * z + 1 / 9;
  p = p * z + 1 / 7;
  p = p * z + 1 / 5;
  p = p * z + 1 / 3;
  // 2 atanh(s) = 2s + 2s·z·p, and 2s = f - s·f, where f is exact: the small correction is added last.
  const tail = s * (2 * (z * p) - f);
  return k * LN2_HIGH + (f + (tail + k * LN2_LOW));
}

/** sin(x), |x| ≤ π/4, by its power series. */
function sinReduced(x: number): number {
  const z = x * x;
  let p = 1 / 355687428096000;
  p = p * z - 1 / 1307674368000;
  p = p * z + 1 / 6227020800;
  p = p * z - 1 / 39916800;
  p = p * z + 1 / 362880;
  p = p * z - 1 / 5040;
  p = p * z + 1 / 120;
  p = p * z - 1 / 6;
  return x + x * (z * p);
}

/** cos(x), |x| ≤ π/4, by its power series. */
function cosReduced(x: number): number {
  const z = x * x;
  let p = -1 / 6402373705728000;
  p = p * z + 1 / 20922789888000;
  p = p * z - 1 / 87178291200;
  p = p * z + 1 / 479001600;
  p = p * z - 1 / 3628800;
  p = p * z + 1 / 40320;
  p = p * z - 1 / 720;
  p = p * z + 1 / 24;
  p = p * z - 1 / 2;
  return 1 + z * p;
}

/** Write cos(2πu) and sin(2πu) for u in [0, 1) to out[at], out[at + 1]. */
export function cosSinTurns(u: number, out: Float64Array, at: number): void {
  const quarters = u * 4; // exact
  const quadrant = (quarters + 0.5) | 0; // truncation of a positive number: 0 to 4
  const x = (quarters - quadrant) * HALF_PI; // the difference is exact, in [-½, ½]
  const c = cosReduced(x);
  const s = sinReduced(x);
  const turned = quadrant & 3;
  out[at] = turned === 0 ? c : turned === 1 ? -s : turned === 2 ? -c : s;
  out[at + 1] = turned === 0 ? s : turned === 1 ? c : turned === 2 ? -s : -c;
}

const pair = new Float64Array(2);

/**
 * Box-Muller: two random words to two independent standard normals, z0 = r·cos(2πu2), z1 = r·sin(2πu2), r = √(-2 ln u1),
 * u = (word + ½)·2^-32. Written to out[at], out[at + 1] (rounded to float32 when `out` holds those). |z| < 6.8.
 */
export function normalPair(word1: number, word2: number, out: Float32Array | Float64Array, at: number): void {
  const u1 = (word1 + 0.5) * 2.3283064365386963e-10;
  const u2 = (word2 + 0.5) * 2.3283064365386963e-10;
  const r = Math.sqrt(-2 * lnDouble(u1));
  cosSinTurns(u2, pair, 0);
  out[at] = r * pair[0];
  out[at + 1] = r * pair[1];
}

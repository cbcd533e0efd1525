import type { Shape } from '@tract/tensor';
import type { Shader } from '../shader.js';
import { result, sizeOf, type WebGpuKernel } from '../webgpu-kernel.js';
import { keyNumbers, keyValues, philox, type RandomKey, sampleTable, wideProduct } from './philox.js';
import { doubleLiteral, softDouble } from './soft-double.js';

const threads = 64;

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const series = (terms: readonly number[]): string => `array<Double, ${terms.length}>(${terms.map(doubleLiteral).join(', ')})`;
const odd = [17, 15, 13, 11, 9, 7, 5, 3];
const sineTerms = odd.map((n) => (n % 4 === 1 ? 1 : -1) / factorial(n));
const cosineTerms = [...odd, 1].map((n) => (n % 4 === 1 ? -1 : 1) / factorial(n + 1));
const logarithmTerms = [23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3].map((n) => 1 / n);

/** Horner's rule: p = terms[0], then p·z + the next. */
const horner = (name: string, terms: readonly number[]): string => `
const ${name}Terms = ${series(terms)};
fn ${name}(z: Double) -> Double {
  var p = ${name}Terms[0];
  for (var i = 1; i < ${terms.length}; i++) { p = add(multiply(p, z), ${name}Terms[i]); }
  return p;
}`;

/** The operations of the tensor package's `normal.ts` in the same order, each rounded as there, so that the bits are the same. */
const normals = `${horner('logarithm', logarithmTerms)}${horner('sine', sineTerms)}${horner('cosine', cosineTerms)}
const one = ${doubleLiteral(1)};
const rootHalf = ${doubleLiteral(Math.SQRT1_2)};

/** ln((word + 1/2)·2^-32). */
fn logarithmOf(word: u32) -> Double {
  var m = normalised(false, -64, word, 0x80000000u);
  var k = m.exponent + 64;
  m.exponent = -64;
  if (less(vec2u(m.low, m.high), vec2u(rootHalf.low, rootHalf.high))) { m.exponent = -63; k -= 1; }
  let f = add(m, negated(one));
  let s = divide(f, add(m, one));
  let z = multiply(s, s);
  let tail = multiply(s, add(scaled(multiply(z, logarithm(z)), 1), negated(f)));
  let power = normalised(k < 0, -32, u32(abs(k)), 0u);
  return add(multiply(power, ${doubleLiteral(0.6931471803691238)}), add(f, add(tail, multiply(power, ${doubleLiteral(1.9082149292705877e-10)}))));
}

/** Two standard normals as the bits of float32 numbers: r·cos(2πu) and r·sin(2πu), u = (word + 1/2)·2^-32. */
fn normalPair(radius: u32, angle: u32) -> vec2u {
  let r = squareRoot(scaled(negated(logarithmOf(radius)), 1));
  let quadrant = (angle >> 30u) + ((angle >> 29u) & 1u);
  let off = i32(angle - (quadrant << 30u)); // of the quadrant's middle, in 2^-30 quarters and one half
  let turned = normalised(off < 0, -63, u32(select(2 * off + 1, -2 * off - 1, off < 0)), 0u);
  let x = multiply(turned, ${doubleLiteral(1.5707963267948966)});
  let z = multiply(x, x);
  let c = add(one, multiply(z, cosine(z)));
  let s = add(x, multiply(x, multiply(z, sine(z))));
  var along = c;
  var across = s;
  if ((quadrant & 1u) == 1u) { along = negated(s); across = c; }
  if ((quadrant & 2u) == 2u) { along = negated(along); across = negated(across); }
  return vec2u(singleBits(multiply(r, along)), singleBits(multiply(r, across)));
}`;

/** One thread for a block of four numbers of a sample. As bits, since arithmetic is not needed and may change them. */
const shader: Shader = {
  name: 'noise',
  inputs: ['samples: u32'],
  outputs: ['y: u32'],
  numbers: ['threads: u32', 'blocks: u32', 'size: u32', ...keyNumbers],
  workgroup: [threads],
  declarations: wideProduct + philox + softDouble + normals,
  code: `if (index >= n.threads) { return; }
  let row = index / n.blocks;
  let block = index % n.blocks;
  let words = drawn(block, samples[row]);
  for (var pair = 0u; pair < 2u; pair++) {
    let bits = normalPair(words[2u * pair], words[2u * pair + 1u]);
    let at = 4u * block + 2u * pair;
    if (at < n.size) { y[row * n.size + at] = bits.x; }
    if (at + 1u < n.size) { y[row * n.size + at + 1u] = bits.y; }
  }`,
};

export const noise: WebGpuKernel<RandomKey & { shape: Shape /* of one sample */ }> = (backend, _, { shape, ...key }) => {
  const rows = key.samples.length;
  const size = sizeOf(shape);
  if (rows * size === 0) return undefined;
  const blocks = Math.ceil(size / 4);
  const samples = sampleTable(backend, key);
  const y = result(backend, [rows, ...shape]);
  backend.dispatch(shader, {
    inputs: [samples],
    outputs: [y],
    numbers: [rows * blocks, blocks, size, ...keyValues(key)],
    groups: Math.ceil((rows * blocks) / threads),
  });
  backend.disposeData(samples.dataId);
  return y;
};

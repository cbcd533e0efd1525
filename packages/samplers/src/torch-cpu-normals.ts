import { mersenneTwister } from './mersenne-twister.js';
import type { Normals } from './normals.js';
import { requireWhole } from './steps.js';

/**
 * The noise of PyTorch on the CPU: `torch.randn` in float32 after `torch.manual_seed(seed)`, draw after draw of the same size: the start of a run first, then
 * step 0, 1, … To 1e-6 or so: PyTorch rounds sine and logarithm as the processor's vector units do. The same for the same index.
 *
 * @param seed whole, ≥ 0; PyTorch's generator takes its low 32 bits.
 */
export function torchCpuNormals(seed: number): Normals {
  requireWhole('torchCpuNormals', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  let [generator, drawn, size] = [normalGenerator(seed), -1, 0];
  let last: Float32Array | undefined;
  return (length, index) => {
    if (last && index === drawn - 1 && length === size) return last;
    if (index < drawn || length !== size) [generator, drawn, size] = [normalGenerator(seed), -1, length];
    for (; drawn <= index; drawn++) last = generator(length);
    return last ?? new Float32Array(length);
  };
}

/** Draws of any length in turn, as one generator of PyTorch makes them. */
function normalGenerator(seed: number): (length: number) => Float32Array {
  const next = mersenneTwister(seed >>> 0);
  const uniform = () => (next() & 0xffffff) / 2 ** 24;
  const wide = () => {
    const [high, low] = [next(), next()];
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  };
  let spare: number | undefined; // the second of two normals, for the next element
  const single = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const [turn, radius] = [2 * Math.PI * wide(), Math.sqrt(-2 * Math.log1p(-wide()))];
    spare = radius * Math.sin(turn);
    return radius * Math.cos(turn);
  };
  return (length) => {
    const out = new Float32Array(length);
    if (length < 16) return out.map(single);
    for (let i = 0; i < length; i++) out[i] = uniform();
    for (let start = 0; start + 16 <= length; start += 16) toNormals(out.subarray(start, start + 16));
    if (length % 16 !== 0) {
      const tail = out.subarray(length - 16); // the last 16 are drawn afresh
      for (let i = 0; i < 16; i++) tail[i] = uniform();
      toNormals(tail);
    }
    return out;
  };
}

/** Box–Muller of elements i and i + 8. */
function toNormals(block: Float32Array): void {
  for (let i = 0; i < 8; i++) {
    const [radius, turn] = [Math.sqrt(-2 * Math.log(1 - block[i])), 2 * Math.PI * block[i + 8]];
    block[i] = radius * Math.cos(turn);
    block[i + 8] = radius * Math.sin(turn);
  }
}

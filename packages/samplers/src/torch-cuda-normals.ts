import type { Normals } from './normals.js';
import { requireWhole } from './steps.js';

/**
 * The noise of PyTorch on an NVIDIA card: `torch.randn(…, device='cuda')` in float32 after `torch.manual_seed(seed)`, draw after draw: the start of a run
 * first, then step 0, 1, … For draws of at most as many elements as the card runs threads at once (221,184 on an A100), where one thread makes one.
 * Philox4x32-10 and Box–Muller as cuRAND has them; to 1e-6, the card's own rounding.
 *
 * @param seed whole, in [0, 2^53).
 */
export function torchCudaNormals(seed: number): Normals {
  requireWhole('torchCudaNormals', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  return (length, index) => {
    const normals = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      const [x, y] = philox([index + 1, 0, i, 0], [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0]);
      normals[i] = Math.sqrt(-2 * Math.log((x + 0.5) / 2 ** 32)) * Math.sin((2 * Math.PI * (y + 0.5)) / 2 ** 32);
    }
    return normals;
  };
}

type Four = readonly [number, number, number, number];

/** Philox4x32-10: four words of a counter and a key of two. Source: Salmon et al. 2011. */
export function philox(counter: Four, [key0, key1]: readonly [number, number]): Four {
  let [a, b, c, d] = counter;
  let [k0, k1] = [key0, key1];
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = product(0xd2511f53, a);
    const [high1, low1] = product(0xcd9e8d57, c);
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    [k0, k1] = [(k0 + 0x9e3779b9) >>> 0, (k1 + 0xbb67ae85) >>> 0];
  }
  return [a, b, c, d];
}

/** High and low word of a product of two 32-bit numbers. */
function product(x: number, y: number): [number, number] {
  const low = Math.imul(x, y) >>> 0;
  const [xHigh, xLow, yHigh, yLow] = [x >>> 16, x & 0xffff, y >>> 16, y & 0xffff];
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const carry = (middle & 0xffff) + xLow * yHigh;
  return [(xHigh * yHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0, low];
}

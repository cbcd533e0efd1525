import { levelToLogSNR, type NoiseLevel } from '@tract/schedules';
import { matmul, mul, reshape, type Tensor, tensor } from '@tract/tensor';
import type { NoiseGrid } from '../noise-grid.js';
import type { Network } from '../prediction.js';

/** Gain of each level of a grid: output = gain[index]·xt. */
export type GainTable = { readonly gain: Tensor /* [timesteps + 1, 1] */ };

/** Make the network of the tests: it looks up each sample's level in a table and scales what it sees. Exact for Gaussian data around 0. */
export function gainNetwork({ timesteps, levels }: NoiseGrid, noiseOf: (level: NoiseLevel) => number = levelToLogSNR): Network<GainTable> {
  // Rounded, because a level's number comes back from alpha and sigma with its last bits changed.
  const indices = new Map(levels.map((level, index) => [noiseOf(level).toFixed(9), index]));
  return ({ gain }, xt, { noise }) => {
    const rows = new Float32Array(noise.length * (timesteps + 1));
    noise.forEach((value, sample) => {
      rows[sample * (timesteps + 1) + indices.get(value.toFixed(9))!] = 1;
    });
    const gains = matmul(tensor(rows, [noise.length, timesteps + 1]), gain);
    return mul(xt, reshape(gains, [noise.length, ...xt.shape.slice(1).map(() => 1)]));
  };
}

/** Give the exact denoiser of data N(0, sd²): alpha·sd² / (alpha²·sd² + sigma²) at every level. */
export function exactGains({ timesteps, levels }: NoiseGrid, sd: number): GainTable {
  const gains = levels.map(({ alpha, sigma }) => (alpha * sd ** 2) / ((alpha * sd) ** 2 + sigma ** 2));
  return { gain: tensor(gains, [timesteps + 1, 1]) };
}

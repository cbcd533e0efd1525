import { levelToLogSNR } from '@tract/schedules';
import { matmul, mul, reshape, type Tensor, tensor } from '@tract/tensor';
import type { Network } from '../prediction.js';
import { vpProcess } from '../process.js';

/** One gain per level of a process: output = gain[index]·xt. */
export type GainTable = { readonly gain: Tensor /* [timesteps + 1, 1] */ };

/** The network of the tests: it looks up each sample's level in a table and scales xt. Exact for Gaussian data around 0. */
export function gainNetwork(timesteps: number): Network<GainTable> {
  // Rounded, because a level's logSNR comes back from alpha and sigma with its last bits changed.
  const indices = new Map(vpProcess(timesteps).levels.map((level, index) => [levelToLogSNR(level).toFixed(9), index]));
  return ({ gain }, xt, logSNR) => {
    const rows = new Float32Array(logSNR.length * (timesteps + 1));
    logSNR.forEach((value, sample) => {
      rows[sample * (timesteps + 1) + indices.get(value.toFixed(9))!] = 1;
    });
    const gains = matmul(tensor(rows, [logSNR.length, timesteps + 1]), gain);
    return mul(xt, reshape(gains, [logSNR.length, ...xt.shape.slice(1).map(() => 1)]));
  };
}

/** The exact denoiser of data N(0, sd²): alpha·sd² / (alpha²·sd² + sigma²) at every level. */
export function exactGains(timesteps: number, sd: number): GainTable {
  const gains = vpProcess(timesteps).levels.map(({ alpha, sigma }) => (alpha * sd ** 2) / ((alpha * sd) ** 2 + sigma ** 2));
  return { gain: tensor(gains, [timesteps + 1, 1]) };
}

import { matmul, mul, reshape, type Tensor, tensor } from '@tract/tensor';
import { levelToLogSNR } from '@tract/schedules';
import type { Network } from './prediction.js';
import { vpProcess } from './process.js';

/** One gain per level of a process: output = gain[index]·xt. */
export type GainTable = { readonly gain: Tensor /* [timesteps + 1, 1] */ };

/** The network of the tests: it looks up each sample's level in a table and scales xt. Exact for Gaussian data around 0. */
export function gainNetwork(timesteps: number): Network<GainTable> {
  const known = vpProcess(timesteps).levels.map(levelToLogSNR);
  return ({ gain }, xt, logSNR) => {
    const rows = logSNR.flatMap((value) => known.map((level) => (Math.abs(level - value) < 1e-9 ? 1 : 0)));
    const gains = matmul(tensor(rows, [logSNR.length, known.length]), gain);
    return mul(xt, reshape(gains, [logSNR.length, ...xt.shape.slice(1).map(() => 1)]));
  };
}

/** The exact denoiser of data N(0, sd²): alpha·sd² / (alpha²·sd² + sigma²) at every level. */
export function exactGains(timesteps: number, sd: number): GainTable {
  const gains = vpProcess(timesteps).levels.map(({ alpha, sigma }) => (alpha * sd ** 2) / ((alpha * sd) ** 2 + sigma ** 2));
  return { gain: tensor(gains, [timesteps + 1, 1]) };
}

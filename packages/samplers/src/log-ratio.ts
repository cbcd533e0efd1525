import type { NoiseLevel } from '@tract/schedules';

/** ln(alpha / sigma), half of the logSNR: the lambda of DPM-Solver. −Infinity without signal, Infinity without noise. */
export const logRatio = ({ alpha, sigma }: NoiseLevel): number => Math.log(alpha) - Math.log(sigma);

import { cosineLevel, cosineLogSNR, edmSigmas } from '@tract/schedules';
import { elementwiseError, type Finding } from './compare.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';

/** Both sides are float64; the slack is for their libraries' tan, log, exp and pow. */
const tolerance = 1e-12;
const edmPrefix = 'edm.sigma.';

/** Cosine schedule at the times `t`: `cosine.logsnr`, `cosine.gamma` (alpha squared). `edm.sigma.N`: the grid of N steps, ascending from 0. */
export const schedules: Kind = {
  name: 'schedules',
  recognises: (file) => file.has('cosine.logsnr') || file.has('cosine.gamma') || file.under(edmPrefix).length > 0,
  usesBackend: false,
  check: async (file) => [...cosineFindings(file), ...file.under(edmPrefix).map((steps) => edmFinding(file, steps))],
};

function cosineFindings(file: GoldenFile): Finding[] {
  const ours = { 'cosine.logsnr': (t: number) => cosineLogSNR(t), 'cosine.gamma': (t: number) => cosineLevel(t).alpha ** 2 };
  return Object.entries(ours)
    .filter(([what]) => file.has(what))
    .map(([what, at]) => ({ what, error: elementwiseError(Array.from(file.floats('t'), at), file.floats(what)), tolerance }));
}

function edmFinding(file: GoldenFile, steps: string): Finding {
  const what = edmPrefix + steps;
  if (!/^\d+$/.test(steps)) throw new BrokenFile(`'${what}' must end in the number of steps`);
  return { what, error: elementwiseError(edmSigmas(Number(steps)).reverse(), file.floats(what)), tolerance };
}

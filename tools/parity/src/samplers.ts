import { type Denoiser, drain, edmStochastic, heun, type VectorSpace } from '@tract/samplers';
import { ablationSampler } from '@tract/samplers/sde';
import { type ContinuousProcess, edmGrid, edmProcess, edmSigmas, linearBetaProcess, veProcess } from '@tract/schedules';
import { iddpmSigmas, linearBetaThrough, veSigmas, vpSigmas } from '@tract/schedules/training';
import { type Finding, relativeError } from './compare.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';

const tolerance = 1e-10;
/** The reference works out iDDPM's grid from sines in float32, of a library that rounds some of them the other way than ours. */
const iddpmTolerance = 1e-7;
const ablationPrefix = 'ablation.';
const ablationSteps = 12; // the files do not say it

/**
 * EDM's samplers on a closed-form denoiser, in float64, from `noise` times the first level: `heun.N` and `heun.churnC.N` in N steps of EDM's grid, the latter
 * with the draws of `heun.churnC.draws`; `ablation.SOLVER.KIND` in 12 steps.
 */
export const samplers: Kind = {
  name: 'samplers',
  recognises: (file) => file.has('noise') && (file.under('heun.').length > 0 || file.under(ablationPrefix).length > 0),
  usesBackend: false,
  check: async (file) => {
    const runs = [
      ...file
        .under('heun.')
        .filter((name) => !name.endsWith('.draws'))
        .map((name) => `heun.${name}`),
    ];
    runs.push(...file.under(ablationPrefix).map((name) => ablationPrefix + name));
    const findings: Finding[] = [];
    for (const what of runs) {
      const got = await (what.startsWith(ablationPrefix) ? ablation(file, what) : edm(file, what));
      findings.push({
        what,
        error: relativeError(got, file.floats(what)),
        tolerance: what.endsWith('.iddpm') ? iddpmTolerance : tolerance,
      });
    }
    return findings;
  },
};

const float64Space = (draw: (index: number) => Float64Array): VectorSpace<Float64Array> => ({
  combine: (terms) => terms[0][1].map((_, i) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * x[i], 0)),
  clamp: (x, low, high) => x.map((value) => Math.min(Math.max(value, low), high)),
  noise: (_, index) => draw(index),
});

const undrawn = (): Float64Array => {
  throw new BrokenFile('its sampler asked for noise of which there are no draws');
};

/** Denoise data N(m, s²) at noise sigma of x / alpha: (s²·x / alpha + sigma²·m) / (s² + sigma²). */
function denoiserOf(file: GoldenFile): Denoiser<Float64Array> {
  const [m, s] = ['m', 's'].map((name) => Number(new RegExp(`${name} = ([\\d.]+)`).exec(file.text('denoiser'))?.[1]));
  if (!Number.isFinite(m) || !Number.isFinite(s)) throw new BrokenFile("its metadata 'denoiser' must give m and s");
  return (xt, { alpha, sigma }) => {
    const noise = (sigma / alpha) ** 2;
    return xt.map((x) => ((s ** 2 * x) / alpha + noise * m) / (s ** 2 + noise));
  };
}

const scaled = (noise: ArrayLike<number>, factor: number): Float64Array => Float64Array.from(noise, (x) => factor * x);

function edm(file: GoldenFile, what: string): Promise<Float64Array> {
  const [, churn, steps] = /^heun(?:\.churn([\d.]+))?\.(\d+)$/.exec(what) ?? [];
  if (steps === undefined) throw new BrokenFile(`'${what}' must end in the number of steps`);
  const levels = edmGrid(Number(steps));
  const xT = scaled(file.floats('noise'), levels[0].sigma);
  if (churn === undefined) return drain(heun(float64Space(undrawn), denoiserOf(file), xT, levels));
  const draws = Float64Array.from(file.floats(`heun.churn${churn}.draws`));
  const draw = (index: number) => draws.subarray(index * xT.length, (index + 1) * xT.length);
  return drain(edmStochastic(float64Space(draw), denoiserOf(file), xT, levels, { churn: Number(churn) }));
}

/** Process and noise scales of Table 1's columns. */
function columnOf(kind: string): { readonly process: ContinuousProcess; readonly sigmas: readonly number[] } | undefined {
  if (kind === 'vp') {
    const { ratio } = linearBetaProcess();
    return { process: linearBetaThrough(ratio(1e-3), ratio(1)), sigmas: vpSigmas(ablationSteps) };
  }
  if (kind === 've') return { process: veProcess, sigmas: veSigmas(ablationSteps) };
  if (kind === 'iddpm') return { process: edmProcess, sigmas: iddpmSigmas(ablationSteps, { kept: keptInFloat32 }) };
  return kind === 'edm' ? { process: edmProcess, sigmas: edmSigmas(ablationSteps).slice(0, -1) } : undefined;
}

function keptInFloat32(j: number): number {
  const f = Math.fround;
  const alphaBar = (step: number) => f(f(Math.sin(f(f(f(f(Math.PI / 2) * step) / 1000) / f(1.008)))) ** 2);
  return Math.max(f(alphaBar(j - 1) / alphaBar(j)), f(0.001));
}

function ablation(file: GoldenFile, what: string): Promise<Float64Array> {
  const [solver, kind] = what.slice(ablationPrefix.length).split('.');
  const column = columnOf(kind);
  if (column === undefined || (solver !== 'euler' && solver !== 'heun')) throw new BrokenFile(`'${what}' is no known sampler`);
  const times = [...column.sigmas.map(column.process.timeOf), 0];
  const { sigma } = column.process.level(times[0]);
  const xT = scaled(file.floats('noise'), sigma);
  return drain(ablationSampler(float64Space(undrawn), denoiserOf(file), xT, column.process, times, { solver }));
}

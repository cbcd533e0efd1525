import { type ContinuousProcess, edmGrid, edmProcess, edmSigmas, linearBetaProcess, veProcess } from '@tract/schedules';
import { linearBetaThrough, veSigmas, vpSigmas } from '@tract/schedules/training';
import { expect, test } from 'vitest';
import { type Denoiser, drain, edmStochastic, heun, type VectorSpace } from './index.js';
import { ablationSampler } from './sde/index.js';

/** Three elements of what the published programs give on the closed-form denoiser below, in float64. */
const golden = {
  noise: [-0.2719137102754961, -1.831969188018075, -0.4103538389991859],
  'heun.18': [0.15455303493152955, -0.668570670213894, 0.08150861226731437],
  'heun.churn40.18': [0.7920991661065734, 0.7386449613920566, -0.8029011506828266],
  'ablation.euler.vp': [0.1743235463028979, -0.5856126636971354, 0.10688641458856189],
  'ablation.euler.ve': [-0.4559582299377804, -4.745801673457506, -0.8366411524353249],
  'ablation.euler.edm': [0.19356687125855798, -0.40876698451239984, 0.14011545384599894],
  'ablation.heun.vp': [0.15788938069810607, -0.6367074443613258, 0.08737644810429847],
  'ablation.heun.ve': [0.29607987392866064, 0.2738342967804495, 0.2941057899246817],
  'ablation.heun.edm': [0.1427839493740688, -0.7469441933797323, 0.06382901452126442],
};
const draws = [
  [2.4679505021311674, 1.4540985804908657, 0.9512826257274029],
  [-0.04932319198781916, -0.5159752043684646, -1.2725623798935555],
  [-1.7119832577247356, -0.3215887666398195, 0.5295806463629721],
  [0.7688823712893256, -1.4367793551308312, 1.0240041865862906],
  [-0.9545494465020229, 1.4934718841544172, -0.5258643676808735],
  [-0.3083579624163377, -3.3036742862085298, -0.8749060218318178],
  [-1.4083233371123354, -1.4280890580148815, 0.6476695351685177],
  [0.5151943331824906, 0.40917285106998263, -1.4929505732825172],
  [0.6606311673542399, 1.4147353344289584, -2.3431680976427107],
  [-0.11255253133117206, 0.6501988720780155, -0.2664253529052138],
  [1.092355704740541, -0.5145032434958157, -1.3712084845340569],
  [1.243739016688221, 2.254325869795574, -0.028641266288225192],
  [0.25952179251365054, 0.5963292874429861, -0.4702555477572083],
  [-0.64676365269071, -1.078866055547239, 0.2451086586546886],
  [-1.3104276771511978, -2.2532457707030775, -1.1914896060042537],
  [-0.8220111124882179, 1.7661440762507885, 0.7843049708676156],
  [1.829715074618867, -1.1321624605181873, -0.8826836182024927],
  [-0.05987742927534023, -0.128479928249988, 0.38593114700963743],
];

const space: VectorSpace<number[]> = {
  combine: (terms) => terms[0][1].map((_, i) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * x[i], 0)),
  clamp: (x) => x,
  noise: (_, index) => draws[index],
};
/** Exact for data N(0.3, 0.5²). */
const denoise: Denoiser<number[]> = (xt, { alpha, sigma }) => {
  const variance = (sigma / alpha) ** 2;
  return xt.map((x) => ((0.25 * x) / alpha + 0.3 * variance) / (0.25 + variance));
};
const scaled = (factor: number) => golden.noise.map((x) => factor * x);

function expectGolden(got: readonly number[], name: keyof typeof golden): void {
  for (const [i, value] of got.entries()) expect(value / golden[name][i]).toBeCloseTo(1, 11);
}

test("Heun's method, with and without churn, gives the published numbers", async () => {
  const levels = edmGrid(18);
  expectGolden(await drain(heun(space, denoise, scaled(levels[0].sigma), levels)), 'heun.18');
  expectGolden(await drain(edmStochastic(space, denoise, scaled(levels[0].sigma), levels, { churn: 40 })), 'heun.churn40.18');
});

const { ratio } = linearBetaProcess();
const columns: ['vp' | 've' | 'edm', ContinuousProcess, readonly number[]][] = [
  ['vp', linearBetaThrough(ratio(1e-3), ratio(1)), vpSigmas(12)],
  ['ve', veProcess, veSigmas(12)],
  ['edm', edmProcess, edmSigmas(12).slice(0, -1)],
];

test.each(columns)('the generalised sampler gives the published numbers for %s', async (kind, process, sigmas) => {
  const times = [...sigmas.map(process.timeOf), 0];
  const xT = scaled(process.level(times[0]).sigma);
  for (const solver of ['euler', 'heun'] as const) {
    expectGolden(await drain(ablationSampler(space, denoise, xT, process, times, { solver })), `ablation.${solver}.${kind}`);
  }
});

import { ddimWeights, type NoiseLevel } from '@tract/schedules';
import { randomInts, randomUniforms } from '@tract/tensor';
import type { Phase } from './phases.js';
import type { Process } from './process.js';
import { streams } from './streams.js';
import { type Draw, type Jump, jumpOf, type TargetRule } from './target-rule.js';

/** All numbers of one distillation step, float64, one entry per sample. Tensors meet them once, as coefficients. */
export type StepPlan = {
  readonly jumps: readonly Jump[];
  readonly levelsA: readonly NoiseLevel[];
  readonly levelsB: readonly NoiseLevel[];
  /** Where predictions are asked for at b: at level b, or where no noise is left there, so that they have no share, at level a. */
  readonly secondLevels: readonly NoiseLevel[];
  /** The first step as one of DDIM step: xb = keepXt·xa + addX0·x0First. */
  readonly keepXt: readonly number[];
  readonly addX0: readonly number[];
  /** How much of x0First is Heun's correction: x0First = (1 − heunShare)·x0(a) + heunShare·x0(b); 0 into a level without noise. */
  readonly heunShare: readonly number[];
  /** target = teacherShare·x0First + secondShare·x0Second. */
  readonly teacherShare: readonly number[];
  readonly secondShare: readonly number[];
  /** Weight of the squared error summed over pixels. */
  readonly lossWeights: readonly number[];
};

/**
 * Draws group and position for each of `count` images: a function of (seed, step, position in the batch). Uniformly, unless `noisyShare` says how
 * many of them are to start in the noisier half of all places.
 */
export function drawJumps(
  rule: TargetRule,
  phase: Phase,
  key: { readonly seed: number; readonly step: number },
  count: number,
  noisyShare?: number,
): Draw[] {
  const positions = rule.positions(phase);
  const places = phase.studentSteps * positions;
  const fewer = Math.floor(places / 2);
  return Array.from({ length: count }, (_, sample) => {
    const place = { ...key, stream: streams.distillDraw, sample };
    if (noisyShare === undefined) {
      // One number for both: group and position are the two digits of a uniform integer.
      const [drawn] = randomInts(place, 1, places);
      return { group: 1 + Math.floor(drawn / positions), semi: drawn % positions };
    }
    const [half, within] = randomUniforms(place, 2);
    const rank = half < noisyShare ? fewer + Math.floor(within * (places - fewer)) : Math.floor(within * fewer);
    return { group: 1 + Math.floor(rank / positions), semi: positions - 1 - (rank % positions) };
  });
}

/**
 * Works out levels and weights for a batch of draws.
 *
 * @throws RangeError when a draw lies outside the phase or the rule cannot do the phase.
 */
export function planStep(process: Process, rule: TargetRule, phase: Phase, draws: readonly Draw[]): StepPlan {
  const positions = rule.positions(phase);
  for (const { group, semi } of draws) requireDraw(group, semi, phase.studentSteps, positions);
  const jumps = draws.map((draw) => jumpOf(phase, draw));
  const at = (name: keyof Jump) => jumps.map((jump) => process.levels[jump[name]]);
  const [levelsA, levelsB, levelsC] = [at('a'), at('b'), at('c')];
  const steps = jumps.map((_, i) => ddimWeights(levelsA[i], levelsB[i]));
  const teacherShare = jumps.map((jump, i) => rule.share(levelsA[i], levelsB[i], levelsC[i], jump));
  return {
    jumps,
    levelsA,
    levelsB,
    secondLevels: levelsB.map((b, i) => (b.sigma > 0 ? b : levelsA[i])),
    heunShare: levelsA.map((a, i) => heunShare(a, levelsB[i])),
    keepXt: steps.map(({ keepXt }) => keepXt),
    addX0: steps.map(({ addX0 }) => addX0),
    teacherShare,
    secondShare: teacherShare.map((share) => 1 - share),
    lossWeights: levelsA.map((level) => rule.lossWeight(level)),
  };
}

/**
 * Heun's step x + (sb − sa)·(d(a) + d(b)) / 2, with d = (x − x0) / s and s = sigma / alpha, is Euler's with x0 = (1 − r/2)·x0(a) + (r/2)·x0(b),
 * r = sa / sb. Source: Karras et al. 2022, Algorithm 1.
 */
const heunShare = (a: NoiseLevel, b: NoiseLevel): number => (b.sigma > 0 ? (a.sigma * b.alpha) / (2 * a.alpha * b.sigma) : 0);

function requireDraw(group: number, semi: number, groups: number, positions: number): void {
  const ok = Number.isInteger(group) && Number.isInteger(semi) && group >= 1 && group <= groups && semi >= 0 && semi < positions;
  if (!ok)
    throw new RangeError(`planStep: a draw needs group in 1..${groups} and semi in 0..${positions - 1}, got group ${group}, semi ${semi}`);
}

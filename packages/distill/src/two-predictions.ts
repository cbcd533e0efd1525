import { ddimWeights, type NoiseLevel } from '@tract/schedules';
import { type JumpWeight, teacherShare } from '@tract/schedules/training';
import { combine, type Tensor } from '@tract/tensor';
import { drawStartPoints, jumpOf } from './grid-jumps.js';
import type { NoiseGrid } from './noise-grid.js';
import type { Phase } from './phases.js';
import type { Clip, DrawContext, Jump, RuleDefaults, Target, TargetContext, TargetRule } from './target-rule.js';

/** Rule that mixes two predictions of x0: one for the step from a to b, one made at b, where that step landed. */
export type TwoPredictions = {
  readonly name: string;
  /**
   * Prediction that the step from a to b is taken with: the teacher's prediction at a, as DDIM does; the mixture of its predictions at a and at b that Heun's
   * step comes to, two calls; or the training image itself, which needs no teacher.
   */
  readonly first: 'ddim' | 'heun' | 'data';
  /** Network that predicts at b. */
  readonly second: 'teacher' | 'selfTeacher' | 'student';
  readonly clip: Clip;
  /**
   * Count the start points inside an interval of the student's grid, one teacher step apart. Default: every teacher step.
   *
   * @throws RangeError when the rule cannot do the phase.
   */
  offsets?(phase: Phase): number;
  /**
   * Give the teacher's steps at a progress of the phase, in [0, 1): a multiple of its studentSteps and a divisor of its teacherSteps. Default: those of
   * the phase.
   */
  teacherSteps?(phase: Phase, progress: number): number;
  /** Draw the jumps. Default: uniformly from the start points of the grid. */
  draw?(context: DrawContext): readonly Jump[];
  /** Weigh the first prediction; the second has the rest. Default: so that one step from a to c with the mixture lands where both steps landed. */
  firstWeight?(jump: Jump, grid: NoiseGrid): number;
  readonly lossWeight: JumpWeight;
  readonly defaults?: RuleDefaults;
};

/** Make a rule of two predictions. */
export const twoPredictions = (table: TwoPredictions): TargetRule => ({
  name: table.name,
  usesSelfTeacher: table.second === 'selfTeacher',
  calls: { ddim: 1, heun: 2, data: 0 }[table.first] + 1,
  clip: table.clip,
  lossWeight: table.lossWeight,
  defaults: table.defaults,
  draw: (context) => (table.draw ?? gridDraw(table))(context),
  target: (context) => mixedTarget(table, context),
});

const gridDraw =
  (table: TwoPredictions) =>
  (context: DrawContext): Jump[] => {
    const phase = phaseNow(table, context);
    const offsets = table.offsets?.(phase) ?? phase.teacherSteps / phase.studentSteps;
    return drawStartPoints(offsets, { ...context, phase }).map((start) => jumpOf(context.grid, phase, start));
  };

const transitiveWeight = ({ a, b, c }: Jump): number => teacherShare(a, b, c);

/** Give the phase as many teacher steps as the rule has for this moment. */
function phaseNow({ teacherSteps }: TwoPredictions, { phase, progress }: DrawContext): Phase {
  if (teacherSteps === undefined) return phase;
  const now = teacherSteps(phase, progress);
  return { ...phase, teacherSteps: now, teacherStride: (phase.teacherStride * phase.teacherSteps) / now };
}

function mixedTarget(table: TwoPredictions, { jumps, grid, x0, xa, clip, weights, predict }: TargetContext): Target {
  const plan = mixturePlan(table, grid, jumps);
  const teacher = (xt: Tensor, levels: readonly NoiseLevel[]): Tensor => predict('teacher', xt, levels, { clip: clip === 'both' });
  const towardsB = (x0First: Tensor): Tensor =>
    combine([
      [plan.keepXt, xa],
      [plan.addX0, x0First],
    ]);
  const atA = table.first === 'data' ? x0 : teacher(xa, plan.levelsA);
  const first = table.first === 'heun' ? heunMixture(plan, atA, teacher(towardsB(atA), plan.secondLevels)) : atA;
  const xb = towardsB(first);
  const second = predict(table.second, xb, plan.secondLevels, { clip: clip !== 'none' });
  const target = combine([
    [plan.firstWeight, first],
    [plan.secondWeight, second],
  ]);
  return { x0: target, xb, weight: weights };
}

const heunMixture = ({ heunWeight }: MixturePlan, atA: Tensor, atB: Tensor): Tensor =>
  combine([
    [heunWeight.map((weight) => 1 - weight), atA],
    [heunWeight, atB],
  ]);

/** All numbers of a mixture, float64, one entry per image. Tensors meet them once, as coefficients. */
export type MixturePlan = {
  readonly levelsA: readonly NoiseLevel[];
  /** Levels of the predictions at b: level b, or level a for images without noise at b, whose predictions have no weight. */
  readonly secondLevels: readonly NoiseLevel[];
  /** The first step as one of DDIM: xb = keepXt·xa + addX0·x0First. */
  readonly keepXt: readonly number[];
  readonly addX0: readonly number[];
  /** Weight of Heun's correction: x0First = (1 − heunWeight)·x0(a) + heunWeight·x0(b); 0 into a level without noise. */
  readonly heunWeight: readonly number[];
  /** target = firstWeight·x0First + secondWeight·x0Second. */
  readonly firstWeight: readonly number[];
  readonly secondWeight: readonly number[];
};

/** Work out levels and weights for the jumps of a batch. */
export function mixturePlan(
  { firstWeight: weightOf = transitiveWeight }: Pick<TwoPredictions, 'firstWeight'>,
  grid: NoiseGrid,
  jumps: readonly Jump[],
): MixturePlan {
  const steps = jumps.map(({ a, b }) => ddimWeights(a, b));
  const firstWeight = jumps.map((jump) => weightOf(jump, grid));
  return {
    levelsA: jumps.map(({ a }) => a),
    secondLevels: jumps.map(({ a, b }) => (b.sigma > 0 ? b : a)),
    keepXt: steps.map(({ keepXt }) => keepXt),
    addX0: steps.map(({ addX0 }) => addX0),
    heunWeight: jumps.map(({ a, b }) => heunWeight(a, b)),
    firstWeight,
    secondWeight: firstWeight.map((weight) => 1 - weight),
  };
}

/**
 * Heun's step x + (sb − sa)·(d(a) + d(b)) / 2, with d = (x − x0) / s and s = sigma / alpha, is Euler's with x0 = (1 − r/2)·x0(a) + (r/2)·x0(b),
 * r = sa / sb. Source: Karras et al. 2022, Algorithm 1.
 */
const heunWeight = (a: NoiseLevel, b: NoiseLevel): number => (b.sigma > 0 ? (a.sigma * b.alpha) / (2 * a.alpha * b.sigma) : 0);

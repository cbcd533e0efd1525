import type { NoiseLevel } from '@tract/schedules';
import type { JumpWeight } from '@tract/schedules/training';
import type { HuberOptions, Tensor } from '@tract/tensor';
import type { NoiseGrid } from './noise-grid.js';
import type { Phase } from './phases.js';

/** Levels of one training image: the student jumps from a to c; a step of its teacher, or of the data, leads from a to b. Noise: c ≤ b < a, or three times the same level. */
export type Jump = { readonly a: NoiseLevel; readonly b: NoiseLevel; readonly c: NoiseLevel };

/** Predictions of a target that are clipped to [−1, 1]: none, those at b alone, or all. */
export type Clip = 'none' | 'second' | 'both';

/** Range of images, to which predictions are clipped. */
export const imageRange = [-1, 1] as const;

/** Everything that the jumps of a batch are drawn from. */
export type DrawContext = {
  readonly phase: Phase;
  /** Progress of the phase, in [0, 1). */
  readonly progress: number;
  /** Grid of the run, whose indices the phase counts in. */
  readonly grid: NoiseGrid;
  /** Make the grid of the same noise with another number of steps. */
  readonly gridOf: (timesteps: number) => NoiseGrid;
  /** Number of images in the batch. */
  readonly count: number;
  readonly seed: number;
  /** Step of the run. */
  readonly step: number;
  /** Fraction of the images, in [0, 1], that start in the noisier half of all start points. Default: uniform draws. */
  readonly highNoiseFraction?: number;
};

/** Networks that a rule may ask: the teacher, the fast average of the student, and the student as it is, without its gradient. */
export type Predictor = 'teacher' | 'selfTeacher' | 'student';

export type PredictorOptions = {
  /** Clip the prediction to [−1, 1]. Default: false. */
  readonly clip?: boolean;
  /** Level at the end of each jump, for a network that is conditioned on both ends. */
  readonly levelsEnd?: readonly NoiseLevel[];
};

/** Everything that the target of a batch, or of a microbatch, is made from; lists have one entry per image. */
export type TargetContext = {
  readonly jumps: readonly Jump[];
  readonly grid: NoiseGrid;
  /** Indices of the grid in one step of the phase's teacher. */
  readonly stride: number;
  /** Clean images [B,H,W,C] and their noise. */
  readonly x0: Tensor;
  readonly noise: Tensor;
  /** Noisy images at level a, which the student predicts from. */
  readonly xa: Tensor;
  /** Loss weights of the jumps. */
  readonly weights: readonly number[];
  readonly clip: Clip;
  /** Predict x0 [B,H,W,C] from xt at one level per image. @throws TypeError for a selfTeacher that the rule does not say it uses. */
  readonly predict: (who: Predictor, xt: Tensor, levels: readonly NoiseLevel[], options?: PredictorOptions) => Tensor;
};

/** Clean image that the student should predict. */
export type Target = {
  /** Clean images [B,H,W,C] that the student should predict from xa. */
  readonly x0: Tensor;
  /** Weight of each image's error, summed over pixels; `context.weights` where the rule has nothing to add. */
  readonly weight: readonly number[];
  /** Levels that the student is conditioned on beside a, for a network that is conditioned on both ends. */
  readonly levelsEnd?: readonly NoiseLevel[];
  /** Images where the step from a landed, to look at. */
  readonly xb?: Tensor;
};

/** Settings of a distillation that a rule's source gives with it; `distillSetup` takes them where it is not given others. */
export type RuleDefaults = {
  readonly selfTeacherMomentum?: number;
  readonly huberWidth?: number;
  readonly huberOver?: HuberOptions['over'];
};

/** Way to distil: where training images start, what the student should predict there, and how its error is weighed. */
export type TargetRule = {
  readonly name: string;
  /** True if predictions are conditioned on the end of the jump too, for which the network must have `bothEnds`. Default: false. */
  readonly bothEnds?: boolean;
  /** True if `predict` asks for the self-teacher, which training then keeps. */
  readonly usesSelfTeacher: boolean;
  /** Network calls that make the target of an image, which plans count. */
  readonly calls: number;
  readonly clip: Clip;
  readonly lossWeight: JumpWeight;
  readonly defaults?: RuleDefaults;
  /**
   * Draw one jump for each image: a function of seed, step and place in the batch.
   *
   * @throws RangeError when the rule cannot do the phase, or does not know the fraction.
   */
  draw(context: DrawContext): readonly Jump[];
  /** Make the target. Tensors made on the way belong to the current scope. */
  target(context: TargetContext): Target;
};

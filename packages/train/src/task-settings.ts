import type { AveragingSettings, Method, TargetRule, TeacherStep } from '@tract/distill';
import type { DiffusionModel } from '@tract/model';
import type { JumpWeightName, LossWeightSetting } from '@tract/schedules/training';
import type { HuberOptions } from '@tract/tensor';

/** Settings of an image batch. */
export type BatchSettings = {
  /** Name of the data set, for messages and for the model's description. */
  readonly data: string;
  /** Seed of everything random: a whole number in [0, 2^53). */
  readonly seed: number;
  /** Images of an update. */
  readonly batch: number;
  /** Equal microbatches of a batch, one after the other, for the memory of one of them. Default: 1. */
  readonly accumulate?: number;
  /** Mirror each image half of the time. Default: false. */
  readonly flip?: boolean;
  /** Probability of each of EDM's augmentations. Default: none. */
  readonly augment?: number;
};

/** Settings that both kinds of training have, as plain JSON. */
export type RunSettings = BatchSettings &
  AveragingSettings & {
    /** Training images in all, counted with repetition. */
    readonly images: number;
    /** Images between two checkpoints. */
    readonly checkpointEvery: number;
    /** Highest learning rate of Adam's. */
    readonly learningRate: number;
    /** Norm of all gradients above which they are scaled down; 0 leaves them. */
    readonly clipNorm: number;
  };

/** Settings of a teacher's training: the model it becomes, and how. */
export type TeacherSettings = RunSettings &
  DiffusionModel & {
    /** Fraction of the run over which the learning rate rises from 0. Default: 0. */
    readonly warmup?: number;
    /** The same as a number of images, which goes before `warmup`. */
    readonly rampImages?: number;
    /** Course of the learning rate from there. Default: cosine. */
    readonly decay?: 'constant' | 'cosine';
    /** Weight of the squared error of x0 at a noise level. Default: truncated-snr. */
    readonly lossWeight?: LossWeightSetting;
    /** Number of discrete times. Default: continuous time. */
    readonly timesteps?: number;
  };

/** Settings of a distillation. */
export type DistillSettings = RunSettings & {
  /** Name of the teacher. */
  readonly teacher: string;
  readonly method: Method;
  /** Default: the method's own, heun on EDM's levels and ddim elsewhere. */
  readonly teacherStep?: TeacherStep;
  /** Sampling steps before, between and after the phases, such as [1024, 32, 1]. */
  readonly schedule: readonly number[];
  /** Weights by which the phases divide the images. Default: equally. */
  readonly phaseWeights?: readonly number[];
  /** Fraction of the images that start in the noisier half of all start points. Default: uniform draws. */
  readonly highNoiseFraction?: number;
  /** Course of the learning rate in each phase. */
  readonly decay: 'constant' | 'cosine' | 'linear';
  /** Momentum of the self-teacher's average. */
  readonly selfEma: number;
  /** Start the student from its new teacher at a phase change; else it goes on. */
  readonly reinitStudent: boolean;
  readonly lossWeight: JumpWeightName;
  /** Width of the pseudo-Huber loss in pixel values of [-1, 1]; 0 is the squared error. */
  readonly huberWidth: number;
  /** Default: elements. */
  readonly huberOver?: HuberOptions['over'];
  /** Default: the method's own. */
  readonly clip?: TargetRule['clip'];
  readonly clipStudent: boolean;
};

/** Updates of a run, at least 1. */
export const updatesOf = ({ images, batch }: Pick<RunSettings, 'images' | 'batch'>): number => Math.max(1, Math.round(images / batch));

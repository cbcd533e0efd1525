import type { TargetRule } from '@tract/distill';
import type { AveragingSettings } from '../averaging.js';
import type { DiffusionModel } from '../diffusion-model.js';
import type { LossWeightSetting } from '../loss-weight.js';
import type { Method, TeacherStep } from '../target-rules.js';

/** What both kinds of training share. Images are counted with repetition: 360e3 images of MNIST are 6 epochs. */
export type CommonPreset = AveragingSettings & {
  readonly data: string;
  readonly images: number;
  readonly batch: number;
  /** Equal parts of a batch, one after the other, for the memory of one of them; 1 unless told. */
  readonly accumulate?: number;
  readonly learningRate: number;
  /** Global gradient norm above which gradients are scaled down; 0 leaves them. */
  readonly clipNorm: number;
  /** Each image is mirrored left to right half of the time. */
  readonly flip?: boolean;
  readonly seed: number;
  readonly checkpointEvery: number;
};

export type TrainPreset = CommonPreset &
  DiffusionModel & {
    /** Share of the images over which the learning rate rises from 0, where `rampImages` does not say. */
    readonly warmup?: number;
    /** The same as a number of images; the run may end before. */
    readonly rampImages?: number;
    /** How the learning rate goes from there: to 0 on a cosine unless told. */
    readonly decay?: 'constant' | 'cosine';
    /** What the error of x0 weighs at a noise level; max(SNR, 1) unless told. */
    readonly lossWeight?: LossWeightSetting;
    /** Discrete times, so many; continuous unless told. */
    readonly timesteps?: number;
    /** Probability of each of EDM's augmentations; with it half of the images are mirrored. */
    readonly augment?: number;
  };

export type DistillPreset = CommonPreset & {
  readonly teacher: string;
  readonly method: Method;
  /** Which predictions that make a target are clipped to [-1, 1]; those that the method clips where absent. */
  readonly clip?: TargetRule['clip'];
  /** How the teacher steps, where the method leaves the choice. */
  readonly teacherStep?: TeacherStep;
  readonly schedule: readonly number[];
  /** How the phases share the images; equally where absent, as in the paper. */
  readonly phaseWeights?: readonly number[];
  /** `cosine` and `linear`: falls to 0 within each phase. */
  readonly decay: 'constant' | 'cosine' | 'linear';
  /** Momentum of the self-teacher's average. */
  readonly selfEma: number;
  /** At a phase change the student goes on as it is, or restarts as a copy of its new teacher. */
  readonly restart: 'keep' | 'teacher';
  /** What the loss weighs at a noise level. */
  readonly lossWeight: LossWeightSetting;
  /** Width of the pseudo-Huber loss in pixel values of [-1, 1]; 0 is the squared error of the paper. */
  readonly huberWidth: number;
  /** The student's prediction is compared after clipping to [-1, 1]. */
  readonly clipStudent: boolean;
};

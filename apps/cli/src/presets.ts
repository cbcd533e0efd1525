import type { Prediction } from '@tract/distill';
import type { LossWeightName } from '@tract/schedules';
import type { UNetConfig } from '@tract/unet';
import { usageError } from './errors.js';
import { didYouMean } from './near-miss.js';
import { shortCount } from './quantity.js';
import type { Method } from './target-rules.js';

/** What both kinds of training share. Images are counted with repetition: 360e3 images of MNIST are 6 epochs. */
export type CommonPreset = {
  readonly data: 'mnist';
  readonly images: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Global gradient norm above which gradients are scaled down. */
  readonly clipNorm: number;
  readonly seed: number;
  readonly checkpointEvery: number;
};

export type TrainPreset = CommonPreset & {
  readonly network: UNetConfig;
  readonly prediction: Prediction;
  /** Share of the images over which the learning rate rises from 0; it then falls to 0 on a cosine. */
  readonly warmup: number;
  /** Weight that the first update still has in the sampled average at the end: mu = emaResidual^(1/updates). */
  readonly emaResidual: number;
};

export type DistillPreset = CommonPreset & {
  readonly teacher: string;
  readonly method: Method;
  readonly schedule: readonly number[];
  /** How the phases share the images; equally where absent, as in the paper. */
  readonly phaseWeights?: readonly number[];
  /** `cosine`: falls to 0 within each phase. */
  readonly decay: 'constant' | 'cosine';
  /** Momentum of the self-teacher's average. */
  readonly selfEma: number;
  readonly emaResidual: number;
  /** At a phase change the student goes on as it is, or restarts as a copy of its new teacher. */
  readonly restart: 'keep' | 'teacher';
  /** What the loss weighs at a noise level. */
  readonly lossWeight: LossWeightName;
  /** Width of the pseudo-Huber loss in pixel values of [-1, 1]; 0 is the squared error of the paper. */
  readonly huberWidth: number;
  /** The student's prediction is compared after clipping to [-1, 1]. */
  readonly clipStudent: boolean;
};

/** A U-Net for 28x28 digits; change it here and every preset follows. */
const digits: UNetConfig = {
  imageSize: 28,
  inChannels: 1,
  channels: 32,
  embChannels: 128,
  channelMult: [1, 2, 2],
  blocks: 1,
  attentionResolutions: [7],
  heads: 1,
  scaleShift: true,
  resampleInBlocks: true,
  outputs: 1,
  classes: 1,
  groups: 8,
};

/** Too small to draw well, quick enough to try every command in seconds. */
const tiny: UNetConfig = { ...digits, channels: 8, embChannels: 32, channelMult: [1, 1, 1] };

const teacher: TrainPreset = {
  data: 'mnist',
  network: digits,
  prediction: 'v',
  images: 240e3,
  batch: 64,
  learningRate: 1e-3,
  warmup: 0.02,
  clipNorm: 1,
  emaResidual: 1e-6,
  seed: 0,
  checkpointEvery: 20e3,
};

const student: DistillPreset = {
  data: 'mnist',
  teacher: 'mnist-teacher',
  method: 'tract',
  schedule: [1024, 32, 1],
  phaseWeights: [1, 6],
  images: 340e3,
  batch: 64,
  learningRate: 5e-4,
  decay: 'cosine',
  clipNorm: 1,
  selfEma: 0.5,
  emaResidual: 1e-3,
  restart: 'keep',
  lossWeight: 'root-truncated-snr',
  huberWidth: 0.02,
  clipStudent: true,
  seed: 0,
  checkpointEvery: 20e3,
};

export const trainPresets: Readonly<Record<string, TrainPreset>> = {
  'mnist-teacher': teacher,
  'mnist-tiny': { ...teacher, network: tiny, images: 20e3, batch: 64 },
};

export const distillPresets: Readonly<Record<string, DistillPreset>> = {
  'mnist-tract': student,
  'mnist-btd': { ...student, method: 'btd', schedule: [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1], phaseWeights: undefined },
  'mnist-quickstart': { ...student, phaseWeights: [1, 4], images: 63e3, emaResidual: 0.02 },
};

/** The preset of that name. @throws CliError (usage) that names the nearest one. */
export function choosePreset<P>(presets: Readonly<Record<string, P>>, name: string): P {
  if (Object.hasOwn(presets, name)) return presets[name];
  const known = Object.keys(presets);
  throw usageError(`unknown preset '${name}': expected ${known.join(', ')}${didYouMean(name, known)}`);
}

/** The presets as a help text shows them, two lines each. */
export function presetHelp<P extends CommonPreset>(presets: Readonly<Record<string, P>>, describe: (preset: P) => string): string {
  const width = Math.max(...Object.keys(presets).map((name) => name.length));
  const lines = Object.entries(presets).flatMap(([name, preset]) => {
    const { images, batch, learningRate, seed, checkpointEvery } = preset;
    const numbers = `${shortCount(images)} images, batch ${batch}, lr ${learningRate}, seed ${seed}, saved every ${shortCount(checkpointEvery)}`;
    return [`  ${name.padEnd(width)}  ${numbers}`, `  ${' '.repeat(width)}  ${describe(preset)}`];
  });
  return `\nPresets:\n${lines.join('\n')}`;
}

import { halvings } from '@tract/distill';
import type { SongUNetConfig, UNetConfig } from '@tract/unet';
import type { DistillSettings, TeacherSettings } from '../task-settings.js';

/** A U-Net for 28x28 digits; change it here and every preset follows. */
const digits: UNetConfig = {
  kind: 'unet',
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

/** An eighth of the work of `digits` and its parameters: for tables of many trainings. */
const narrow: UNetConfig = { ...digits, channels: 16, channelMult: [1, 1, 1], groups: 4 };

/** Too small to draw well, quick enough to try every command in seconds. */
const tiny: UNetConfig = { ...digits, channels: 8, embChannels: 32, channelMult: [1, 1, 1] };

/** EDM's DDPM++ in the same size: 1.3 million parameters. */
const edmDigits: SongUNetConfig = {
  kind: 'song',
  imageSize: 28,
  inChannels: 1,
  channels: 32,
  embChannels: 128,
  channelMult: [1, 2, 2],
  blocks: 1,
  attentionResolutions: [7],
  outputs: 1,
  classes: 1,
  noiseFeatures: 'positional',
  noiseChannels: 32,
  filter: [1, 1],
  encoder: 'standard',
  decoder: 'standard',
};

const edmTiny: SongUNetConfig = { ...edmDigits, channels: 8, embChannels: 32, noiseChannels: 8, channelMult: [1, 1, 1] };

const teacher: TeacherSettings = {
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

/** EDM's recipe in proportion to a run of 240,000 images instead of 200 million; digits have a standard deviation of 0.6 in [-1, 1]. */
const edmTeacher: TeacherSettings = {
  data: 'mnist',
  network: edmDigits,
  prediction: 'x0',
  preconditioning: { kind: 'edm', sigmaData: 0.6 },
  process: { kind: 'edm' },
  lossWeight: 'edm',
  images: 240e3,
  batch: 64,
  learningRate: 1e-3,
  rampImages: 12e3,
  clipNorm: 1,
  emaHalfLife: 12e3,
  emaRampUp: 0.05,
  seed: 0,
  checkpointEvery: 20e3,
};

const student: DistillSettings = {
  data: 'mnist',
  teacher: 'mnist-teacher',
  method: 'tract',
  schedule: [1024, 32, 1],
  phaseWeights: [1, 6],
  highNoiseFraction: 0.9,
  images: 480e3,
  batch: 64,
  learningRate: 5e-4,
  decay: 'cosine',
  clipNorm: 1,
  selfEma: 0.97,
  emaResidual: 0.05,
  reinitStudent: false,
  lossWeight: 'root-truncated-snr',
  huberWidth: 0.1,
  huberOver: 'samples',
  clipStudent: true,
  seed: 0,
  checkpointEvery: 20e3,
};

/** Draws and averages of the published codes. */
const asPublished = { highNoiseFraction: undefined, huberOver: undefined, selfEma: 0.5, emaResidual: 1e-3 };

/** What rules with draws of their own take of the student: one phase, the squared error of v, and predictions as they are. */
const denoised = {
  phaseWeights: undefined,
  highNoiseFraction: undefined,
  lossWeight: 'snr+1',
  huberWidth: 0,
  huberOver: undefined,
  clipStudent: false,
} as const;

/** Consistency models of an EDM teacher: its levels, and the loss per unit of the step of a whole image's difference. */
const consistency = {
  ...student,
  ...denoised,
  teacher: 'mnist-edm-teacher',
  schedule: [1280, 1],
  lossWeight: 'inverse-step',
  huberOver: 'samples',
  selfEma: 0,
} as const;

export const mnistTeachers: Readonly<Record<string, TeacherSettings>> = {
  'mnist-teacher': teacher,
  'mnist-edm-teacher': edmTeacher,
  'fashion-teacher': { ...teacher, data: 'fashion-mnist' },
  'mnist-narrow': { ...teacher, network: narrow, images: 120e3, learningRate: 2e-3 },
  'mnist-tiny': { ...teacher, network: tiny, images: 20e3, batch: 64 },
  'mnist-edm-tiny': { ...edmTeacher, network: edmTiny, images: 20e3, batch: 64 },
};

export const mnistStudents: Readonly<Record<string, DistillSettings>> = {
  'mnist-tract': student,
  'mnist-tract-edm': {
    ...student,
    teacher: 'mnist-edm-teacher',
    method: 'tract-edm',
    schedule: [40, 1],
    phaseWeights: undefined,
    lossWeight: 'edm',
    huberWidth: 0,
    clipStudent: false,
    ...asPublished,
  },
  // As published: each phase's student starts from its teacher, the last two phases are twice as long, and nothing is clipped.
  'mnist-btd': {
    ...student,
    method: 'btd',
    schedule: halvings(1024),
    phaseWeights: [1, 1, 1, 1, 1, 1, 1, 1, 2, 2],
    reinitStudent: true,
    huberWidth: 0.02,
    clipStudent: false,
    ...asPublished,
  },
  // Rules of later sources with their own numbers, in the loss of the digits' students; the images that denoise are the source's three of four.
  'mnist-shortcut': { ...student, ...denoised, method: 'shortcut', schedule: [128, 1], selfEma: 0.999 },
  'mnist-split-mean-flow': { ...student, ...denoised, method: 'split-mean-flow', schedule: [1024, 1] },
  'mnist-ect': { ...consistency, method: 'easy-consistency-tuning', huberWidth: 1e-3 },
  'mnist-ict': { ...consistency, method: 'improved-consistency-training', huberWidth: 0.00054 * 28 },
  // A short run has no time for a slow self-teacher: what it learns must pass from step to step of a group.
  'fashion-tract': { ...student, data: 'fashion-mnist', teacher: 'fashion-teacher' },
  'mnist-quickstart': { ...student, phaseWeights: [1, 4], images: 72e3, selfEma: 0.85 },
};

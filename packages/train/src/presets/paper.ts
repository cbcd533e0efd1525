import { halvings } from '@tract/distill';
import type { DiffusionModel } from '@tract/model';
import { edmConfigs, paperConfigs } from '@tract/unet';
import type { DistillSettings, TeacherSettings } from '../task-settings.js';

/** The published code counts images in units of 2^20. */
const M = 2 ** 20;

const edm = { prediction: 'x0', preconditioning: { kind: 'edm' }, process: { kind: 'edm' } } as const;
const cifar10Ncsnpp = { ...edmConfigs.cifar10Ncsnpp, augmentChannels: 9 };
const cifar10Edm: DiffusionModel = { network: cifar10Ncsnpp, ...edm };
const imagenet64Edm: DiffusionModel = { network: edmConfigs.imagenet64Adm, ...edm };

/** The published teachers by the names of their files: what `tract convert` makes of them, where it has not been done. */
export const publishedTeachers: Readonly<Record<string, DiffusionModel>> = {
  cifar_original: { network: paperConfigs.cifar10, prediction: 'x0' },
  imagenet_original: { network: paperConfigs.imagenet64, prediction: 'x0+eps' },
  'edm-cifar10-32x32-uncond-ve': cifar10Edm,
  'edm-imagenet-64x64-cond-adm': imagenet64Edm,
};

/** Source: Berthelot et al. 2023, and the defaults of their code. */
const tract: DistillSettings = {
  data: 'cifar10',
  flip: true,
  teacher: 'cifar_original',
  method: 'tract',
  schedule: [1024, 32, 1],
  images: 96 * M,
  batch: 256,
  learningRate: 2e-4,
  decay: 'constant',
  clipNorm: 1,
  selfEma: 0.5,
  emaResidual: 1e-3,
  reinitStudent: false,
  lossWeight: 'truncated-snr',
  huberWidth: 0,
  clipStudent: false,
  seed: 0,
  checkpointEvery: M,
};

/** TRACT on EDM's teachers, whose gradients are not clipped. */
const tractEdm: DistillSettings = {
  ...tract,
  teacher: 'edm-cifar10-32x32-uncond-ve',
  method: 'tract-edm',
  schedule: [40, 1],
  batch: 512,
  learningRate: 1e-3,
  clipNorm: 0,
  lossWeight: 'edm',
};

/** Progressive distillation, without an average: each phase is trained on its own. Source: Salimans & Ho 2022, Appendix D and their code. */
const btd = ({
  updates,
  steps,
  ...more
}: Pick<DistillSettings, 'batch' | 'learningRate'> & { readonly updates: number; readonly steps: number }) => {
  const schedule = halvings(steps);
  const phaseWeights = schedule.slice(1).map((left) => (left <= 2 ? 2 : 1));
  const images = more.batch * updates * phaseWeights.reduce((sum, weight) => sum + weight, 0);
  const { emaResidual: _, ...rest } = tract;
  return { ...rest, ...more, method: 'btd', schedule, phaseWeights, images, decay: 'linear', emaMomentum: 0, reinitStudent: true } as const;
};

/**
 * Easy consistency tuning of CIFAR-10. Source: Geng et al. 2024 and their run_ecm.sh, whose batch, 200k updates (in the rule's 8 stages), rate, average,
 * draws and weight these are. Ours are the teacher, an NCSN++ where they have DDPM++; Adam for RAdam; no dropout for 0.2; mirrored images; and the width
 * 1e-3 for 0, at which the loss has no slope where both predictions agree.
 */
const consistency: DistillSettings = {
  ...tract,
  teacher: 'edm-cifar10-32x32-uncond-ve',
  method: 'easy-consistency-tuning',
  schedule: [1280, 1],
  images: 128 * 200e3,
  batch: 128,
  learningRate: 1e-4,
  clipNorm: 0,
  selfEma: 0,
  emaResidual: undefined,
  emaMomentum: 0.9999,
  lossWeight: 'inverse-step',
  huberWidth: 1e-3,
  huberOver: 'samples',
};

const imagenet64 = { data: 'imagenet64', teacher: 'imagenet_original' };

export const paperStudents: Readonly<Record<string, DistillSettings>> = {
  'cifar10-tract-1024-32-1': tract,
  'cifar10-tract-256m-1024-32-1': { ...tract, images: 256 * M },
  'cifar10-tract-edm-40-1': tractEdm,
  'cifar10-tract-edm-256m-40-1': { ...tractEdm, images: 256 * M },
  'cifar10-ect': consistency,
  // Source: Song & Dhariwal 2023, Table 1 and appendix: batch, 400k updates, rate, average, width and the steps that double from 10 to 1,280. Theirs starts from
  // random weights, with RAdam and dropout 0.3; ours from the teacher's, with Adam and none.
  'cifar10-ict': {
    ...consistency,
    ...{ method: 'improved-consistency-training', images: 1024 * 400e3, batch: 1024, emaMomentum: 0.99993, huberWidth: 0.03 },
  },
  'cifar10-btd': btd({ steps: 8192, updates: 50e3, batch: 128, learningRate: 5e-5 }),
  'imagenet64-tract-1024-32-1': { ...tract, ...imagenet64 },
  'imagenet64-tract-edm-40-1': { ...tractEdm, data: 'imagenet64', teacher: 'edm-imagenet-64x64-cond-adm' },
  'imagenet64-btd': { ...btd({ steps: 1024, updates: 50e3, batch: 2048, learningRate: 1e-4 }), ...imagenet64 },
};

/** Source: Karras et al. 2022, Appendix F and the published code. */
const edmTeacher: TeacherSettings = {
  ...cifar10Edm,
  network: { ...cifar10Ncsnpp, dropout: 0.13 },
  data: 'cifar10',
  augment: 0.12,
  lossWeight: 'edm',
  images: 200e6,
  batch: 512,
  learningRate: 1e-3,
  rampImages: 10e6,
  decay: 'constant',
  clipNorm: 0,
  emaHalfLife: 0.5e6,
  emaRampUp: 0.05,
  seed: 0,
  checkpointEvery: 1e6,
};

const { augment: _, ...unaugmented } = edmTeacher;

export const paperTeachers: Readonly<Record<string, TeacherSettings>> = {
  'cifar10-edm-teacher': edmTeacher,
  'imagenet64-edm-teacher': {
    ...unaugmented,
    ...imagenet64Edm,
    network: { ...edmConfigs.imagenet64Adm, dropout: 0.1 },
    data: 'imagenet64',
    images: 2500e6,
    batch: 4096,
    learningRate: 1e-4,
    emaHalfLife: 50e6,
  },
};

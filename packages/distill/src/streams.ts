/**
 * The purposes that random numbers are drawn for. Each number is a function of (seed, stream, step, sample), so two purposes never
 * share one, and a run resumed or sampled in other batches sees the same. Never renumber: it changes every recorded result.
 */
export const streams = {
  /** Student interval of a training image, and the teacher offset in it. */
  distillDraw: 1,
  /** The noise on the images of a distillation step. */
  distillNoise: 2,
  /** The times of a teacher's training step. */
  teacherTime: 3,
  /** The noise on the images of a teacher's training step. */
  teacherNoise: 4,
  /** The noise that sampling starts from; `sample` is the index of the image. */
  sampleNoise: 5,
  /** Free for the caller, who loads data: horizontal flips. */
  flip: 6,
  /** Free for the caller: class labels of images to sample. */
  sampleLabel: 7,
  /** The noise that a stochastic sampler adds; `step` is that of the sampler. */
  samplerNoise: 8,
  /** Augmentation of a training image: uniform numbers, and normal ones. */
  augment: 9,
  augmentNormal: 10,
} as const;

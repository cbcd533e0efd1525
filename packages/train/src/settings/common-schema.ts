import type { AveragingSettings } from '@tract/distill';
import { lossWeightNames } from '@tract/schedules/training';
import { count, flag, momentum, number, oneOf, positive, type ShapeOf, text, whole } from './expecting.js';

const averaging = {
  emaResidual: positive(0.999)
    .describe('share of the start that is left in the sampled average at the end (of a phase); one of these three at most')
    .optional(),
  emaMomentum: momentum().describe("that average's momentum").optional(),
  emaHalfLife: count().describe('images after which an update counts half in it').optional(),
  emaRampUp: positive(1).describe('with a half-life: it is at most this share of the images seen').optional(),
} satisfies ShapeOf<AveragingSettings>;

const clipNormExpected = 'a number of at least 0';

/** Settings of both kinds of training. Images are counted with repetition: 360000 images of MNIST are 6 epochs. */
export const commonShape = {
  data: text().describe('images to train with, such as `mnist` or `folder=PATH`; a path counts from the working folder'),
  images: count().describe('training images, counted with repetition, of all phases together'),
  batch: count().describe('images of an update'),
  accumulate: count().describe('equal parts of a batch, one after the other, for the memory of one of them; default: 1').optional(),
  learningRate: positive(1).describe("highest learning rate of Adam's"),
  clipNorm: number(clipNormExpected)
    .min(0, clipNormExpected)
    .describe('gradient norm, over all parameters, above which gradients are scaled down; 0 leaves them'),
  flip: flag().describe('mirrors half of the images left to right; default: false').optional(),
  seed: whole(0).describe('seed of everything random'),
  ...averaging,
  checkpointEvery: count().describe('images between two checkpoints'),
};

export const lossWeight = () => oneOf(lossWeightNames);

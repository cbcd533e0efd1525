import { z } from 'zod';
import { checkAveraging } from './averaging-rule.js';
import { commonShape, lossWeight } from './common-schema.js';
import { count, oneOf, upTo } from './expecting.js';
import { modelShape } from './model-schema.js';
import { checkParts } from './parts-rule.js';

/** The settings of tract train. */
export const trainSchema = z
  .strictObject({
    ...commonShape,
    ...modelShape,
    warmup: upTo(1).describe('share of the images over which the learning rate rises from 0; 0 where not given').optional(),
    rampImages: count().describe('the same as a number of images, which goes before `warmup`; the run may end before').optional(),
    decay: oneOf(['constant', 'cosine']).describe('how the learning rate goes from there; `cosine`, to 0, where not given').optional(),
    lossWeight: lossWeight()
      .describe('what the error of x0 weighs at a noise level; `truncated-snr`, max(SNR, 1), where not given')
      .optional(),
    timesteps: count().describe('discrete times, so many; continuous where not given').optional(),
    augment: upTo(1).describe("probability of each of EDM's augmentations, with which half of the images are mirrored").optional(),
  })
  .superRefine((settings, context) => {
    checkAveraging(settings, context);
    checkParts(settings, context);
  });

export type TrainSettings = Readonly<z.infer<typeof trainSchema>>;

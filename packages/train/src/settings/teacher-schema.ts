import { z } from 'zod';
import { checkAveraging } from './averaging-rule.js';
import { commonShape, lossWeight } from './common-schema.js';
import { count, oneOf, upTo } from './expecting.js';
import { checkMicrobatches } from './microbatch-rule.js';
import { modelShape } from './model-schema.js';

/** Schema of `TeacherSettings`, with what goes together. Each message follows the words "must be". */
export const teacherSchema = z
  .strictObject({
    ...commonShape,
    ...modelShape,
    warmup: upTo(1).describe('share of the images over which the learning rate rises from 0; default: 0').optional(),
    rampImages: count().describe('the same as a number of images, which goes before `warmup`; the run may end before').optional(),
    decay: oneOf(['constant', 'cosine']).describe('how the learning rate goes from there; default: `cosine`, to 0').optional(),
    lossWeight: lossWeight().describe('what the error of x0 weighs at a noise level; default: `truncated-snr`, max(SNR, 1)').optional(),
    timesteps: count().describe('discrete times, so many; default: continuous').optional(),
    augment: upTo(1).describe("probability of each of EDM's augmentations, with which half of the images are mirrored").optional(),
  })
  .superRefine((settings, context) => {
    checkAveraging(settings, context);
    checkMicrobatches(settings, context);
  });

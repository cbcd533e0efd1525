import { methods, phaseStepsFault } from '@tract/distill';
import { jumpWeightNames } from '@tract/schedules/training';
import { z } from 'zod';
import { checkAveraging } from './averaging-rule.js';
import { commonShape } from './common-schema.js';
import { counts, flag, momentum, oneOf, text, upTo } from './expecting.js';
import { checkMicrobatches } from './microbatch-rule.js';

const shape = z.strictObject({
  ...commonShape,
  teacher: text().describe('model to distil: a folder, a safetensors file or the name of a shipped model'),
  method: oneOf(methods).describe('target rule'),
  teacherStep: oneOf(['ddim', 'heun'])
    .describe("how the teacher steps, if the method leaves the choice; default: heun on EDM's levels, else ddim")
    .optional(),
  schedule: counts().describe('sampling steps before, between and after the phases, each dividing the one before it'),
  phaseWeights: counts().describe('how the phases share the images; default: equally').optional(),
  highNoiseFraction: upTo(1)
    .describe('fraction of the images that start in the noisier half of all start points; default: uniform draws')
    .optional(),
  decay: oneOf(['constant', 'cosine', 'linear']).describe('how the learning rate goes in each phase; the last two to 0'),
  selfEma: momentum().describe("momentum of the self-teacher's average"),
  reinitStudent: flag().describe('at a phase change the student starts from its new teacher; else it goes on'),
  lossWeight: oneOf(jumpWeightNames).describe('what the error of x0 weighs at a noise level'),
  huberWidth: upTo(2).describe('width of the pseudo-Huber loss in pixel values of [-1, 1]; 0 is the squared error'),
  huberOver: oneOf(['elements', 'samples'])
    .describe("what that loss is of: each pixel's difference, or the length of a whole image's; default: elements")
    .optional(),
  clip: oneOf(['none', 'second', 'both'])
    .describe('which of the predictions that make a target are clipped to [-1, 1]; default: those that the method clips')
    .optional(),
  clipStudent: flag().describe("the student's prediction is compared after clipping it to [-1, 1]"),
});

/** Schema of `DistillSettings`, with what goes together. Each message follows the words "must be". */
export const distillSchema = shape.superRefine((settings, context) => {
  checkAveraging(settings, context);
  checkMicrobatches(settings, context);
  const { schedule, phaseWeights } = settings;
  const fault = phaseStepsFault(schedule);
  const phases = schedule.length - 1;
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['schedule'], message: `does not go: ${fault}` });
  else if (phaseWeights !== undefined && phaseWeights.length !== phases)
    context.addIssue({
      code: 'custom',
      path: ['phaseWeights'],
      message: `must give one number for each phase, but ${schedule} has ${phases} phase${phases === 1 ? '' : 's'}`,
    });
});

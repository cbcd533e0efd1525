import { predictions } from '@tract/distill';
import type { EdmRange } from '@tract/schedules';
import type { ConsistencySettings, DdpmSettings } from '@tract/schedules/training';
import { z } from 'zod';
import { count, kindOf, number, oneOf, type ShapeOf, whole } from './expecting.js';
import { networkSchema } from './network-schema.js';

const sigmaData = number().describe('standard deviation of the data in [-1, 1]; default: 0.5').optional();
const trainingSteps = whole(2).describe("steps of that model's own training; default: 1000").optional();

const ddpm = {
  betas: oneOf(['linear', 'scaled-linear', 'cosine']).describe('rule of the variances; default: `linear`').optional(),
  trainingSteps,
  betaStart: number().describe('first of them; default: 1e-4').optional(),
  betaEnd: number().describe('last of them; default: 0.02').optional(),
  predicts: oneOf(['eps', 'v', 'x0']).describe('what the network inside predicts; default: `eps`').optional(),
} satisfies ShapeOf<DdpmSettings>;

const consistency = {
  sigmaData,
  sigmaMin: number().describe('noise scale at which an image counts as clean; default: 0.002').optional(),
} satisfies ShapeOf<ConsistencySettings>;

const preconditioning = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('edm'), sigmaData }),
    z.strictObject({
      kind: z.literal('vp'),
      betaRange: number().describe('rise of beta; default: 19.9').optional(),
      betaMin: number().describe('its start; default: 0.1').optional(),
      trainingSteps,
    }),
    z.strictObject({ kind: z.literal('ve') }),
    z.strictObject({ kind: z.literal('iddpm'), trainingSteps }),
    z.strictObject({ kind: z.literal('ddpm'), ...ddpm }),
    z.strictObject({ kind: z.literal('consistency'), ...consistency }),
  ],
  { error: kindOf('edm, vp, ve, iddpm, ddpm or consistency') },
);

const range = {
  sigmaMin: number().describe('lowest noise scale; default: 0.002').optional(),
  sigmaMax: number().describe('highest noise scale; default: 80').optional(),
  rho: number().describe('how the levels lean towards the lowest; default: 7').optional(),
} satisfies ShapeOf<EdmRange>;

const process = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('cosine') }),
    z.strictObject({
      kind: z.literal('edm'),
      ...range,
      timesteps: count().describe('of a student: steps of the grid that it was distilled on').optional(),
    }),
  ],
  { error: kindOf('cosine or edm') },
);

/** Settings of a diffusion model, as `DiffusionModel` of @tract/model. */
export const modelShape = {
  network: networkSchema,
  prediction: oneOf(predictions).describe('what the network outputs; x0 where there is a preconditioning'),
  preconditioning: preconditioning.optional(),
  process: process.optional(),
};

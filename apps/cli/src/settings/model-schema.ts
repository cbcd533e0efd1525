import { predictions } from '@tract/distill';
import type { ConsistencySettings, DdpmSettings, EdmRange } from '@tract/schedules';
import { z } from 'zod';
import { count, kindOf, number, oneOf, type ShapeOf, whole } from './expecting.js';
import { networkSchema } from './network-schema.js';

const sigmaData = number().describe('standard deviation of the data in [-1, 1]; 0.5 where not given').optional();
const trainingSteps = whole(2).describe("steps of that model's own training; 1000 where not given").optional();

const ddpm = {
  betas: oneOf(['linear', 'scaled-linear', 'cosine']).describe('rule of the variances; `linear` where not given').optional(),
  trainingSteps,
  betaStart: number().describe('first of them; 1e-4 where not given').optional(),
  betaEnd: number().describe('last of them; 0.02 where not given').optional(),
  predicts: oneOf(['eps', 'v', 'x0']).describe('what the network inside predicts; `eps` where not given').optional(),
} satisfies ShapeOf<DdpmSettings>;

const consistency = {
  sigmaData,
  sigmaMin: number().describe('noise scale at which an image counts as clean; 0.002 where not given').optional(),
} satisfies ShapeOf<ConsistencySettings>;

const preconditioning = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('edm'), sigmaData }),
    z.strictObject({
      kind: z.literal('vp'),
      betaRange: number().describe('rise of beta; 19.9 where not given').optional(),
      betaMin: number().describe('its start; 0.1 where not given').optional(),
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
  sigmaMin: number().describe('lowest noise scale; 0.002 where not given').optional(),
  sigmaMax: number().describe('highest noise scale; 80 where not given').optional(),
  rho: number().describe('how the levels lean towards the lowest; 7 where not given').optional(),
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

/** What a diffusion model is, but for its weights. */
export const modelShape = {
  network: networkSchema,
  prediction: oneOf(predictions).describe('what the network outputs; x0 where there is a preconditioning'),
  preconditioning: preconditioning.optional(),
  process: process.optional(),
};

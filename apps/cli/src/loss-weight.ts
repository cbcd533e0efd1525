import { edmWeight, type LossWeight, type LossWeightName, lossWeights } from '@tract/schedules';
import type { DiffusionModel } from './diffusion-model.js';
import { sigmaDataOf } from './preconditioning.js';

/** Weights of the loss over noise levels, by the names that settings and the command line use; `edm` is for the model's spread of the data. */
export type LossWeightSetting = LossWeightName | 'edm';

export const lossWeightNames: readonly LossWeightSetting[] = [...(Object.keys(lossWeights) as LossWeightName[]), 'edm'];

export const lossWeightOf = (name: LossWeightSetting, { preconditioning }: DiffusionModel): LossWeight =>
  name === 'edm' ? edmWeight(sigmaDataOf(preconditioning)) : lossWeights[name];

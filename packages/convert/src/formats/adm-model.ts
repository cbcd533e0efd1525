import { reasonOf } from '@tract/checkpoint';
import { checkDiffusionModel, type ModelDescription } from '@tract/model';
import { ddpmSigmas } from '@tract/schedules';
import { knownSteps, type NoiseProcess, type PreconditioningSettings } from '@tract/schedules/training';
import type { DhariwalUNetConfig } from '@tract/unet';
import { badCheckpoint } from '../convert-error.js';
import type { Hints } from '../hints.js';

/** Steps of the grid that the published consistency models were trained on. */
const consistencySteps = 40;

/**
 * Describe an ADM under a preconditioning as a model.
 *
 * @param levels its noise levels. Default: those that follow from the preconditioning.
 * @throws ConvertError when no model can be built from the two.
 */
export function admModel(
  name: string,
  network: DhariwalUNetConfig,
  preconditioning: PreconditioningSettings,
  { samplingSteps, data = 'unknown' }: Hints,
  levels?: NoiseProcess,
): ModelDescription {
  try {
    const process = levels ?? levelsOf(preconditioning);
    const isStudent = knownSteps(process) !== undefined;
    const model: ModelDescription = {
      ...{ network, prediction: 'x0', preconditioning, process },
      ...{ samplingSteps: samplingSteps ?? [isStudent ? 1 : 18], data },
    };
    checkDiffusionModel(model);
    return model;
  } catch (error) {
    const what = `the preconditioning ${JSON.stringify(preconditioning)}`;
    throw badCheckpoint(`${name}: no model can be built with ${what}: ${reasonOf(error)}`, undefined, error);
  }
}

/** EDM's levels, as far as the network was trained on them; a consistency function knows those of its grid. */
function levelsOf(preconditioning: PreconditioningSettings): NoiseProcess {
  if (preconditioning.kind === 'consistency' && preconditioning.sigmaMin !== 0) return { kind: 'edm', timesteps: consistencySteps };
  if (preconditioning.kind !== 'ddpm') return { kind: 'edm' };
  const sigmas = ddpmSigmas(preconditioning);
  return { kind: 'edm', sigmaMin: Math.max(0.002, sigmas[0]), sigmaMax: Math.min(80, sigmas[sigmas.length - 1]) };
}

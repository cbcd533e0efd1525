import { checkDiffusionModel, type ModelDescription } from '@tract/model';
import { ddpmSigmas, type NoiseProcess, type PreconditioningSettings } from '@tract/schedules';
import type { EdmUNetConfig } from '@tract/unet';
import { dataError } from '../errors.js';
import type { Hints } from './convert-hints.js';

/** Steps of the grid that the published consistency models were made on. */
const consistencySteps = 40;

/**
 * A network and what stands around it, as a model: its levels follow from that.
 * @throws CliError (bad data) when no model can be built from the two.
 */
export function modelAround(
  path: string,
  network: EdmUNetConfig,
  preconditioning: PreconditioningSettings,
  { samplingSteps, data = 'unknown' }: Hints,
): ModelDescription {
  try {
    const process = levelsOf(preconditioning);
    const isStudent = process.kind === 'edm' && process.timesteps !== undefined;
    const model: ModelDescription = {
      ...{ network, prediction: 'x0', preconditioning, process },
      ...{ samplingSteps: samplingSteps ?? [isStudent ? 1 : 18], data },
    };
    checkDiffusionModel(model);
    return model;
  } catch (error) {
    throw dataError(
      `${path}: no model can be built with the preconditioning ${JSON.stringify(preconditioning)}: ${(error as Error).message}`,
      error,
    );
  }
}

/** EDM's levels, as far as the network was trained on them; a consistency function knows those of its grid. */
function levelsOf(preconditioning: PreconditioningSettings): NoiseProcess {
  if (preconditioning.kind === 'consistency' && preconditioning.sigmaMin !== 0) return { kind: 'edm', timesteps: consistencySteps };
  if (preconditioning.kind !== 'ddpm') return { kind: 'edm' };
  const sigmas = ddpmSigmas(preconditioning);
  return { kind: 'edm', sigmaMin: Math.max(0.002, sigmas[0]), sigmaMax: Math.min(80, sigmas[sigmas.length - 1]) };
}

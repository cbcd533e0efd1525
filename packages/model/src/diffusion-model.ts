import { type Model, type Network, type Prediction, predictions } from '@tract/distill';
import {
  checkNoiseProcess,
  cosineProcess,
  type NoiseProcess,
  type PreconditioningSettings,
  preconditioningOf,
} from '@tract/schedules/training';
import { familyOf, type NetworkConfig, type NetworkParams } from '@tract/unet';

/** A diffusion model as JSON: everything but its parameters. */
export type DiffusionModel = {
  readonly network: NetworkConfig;
  readonly prediction: Prediction;
  /** With it the network is the F inside, and `prediction` is 'x0'. */
  readonly preconditioning?: PreconditioningSettings;
  /** Default: the cosine schedule. */
  readonly process?: NoiseProcess;
};

export const processOf = ({ process = cosineProcess }: DiffusionModel): NoiseProcess => process;

/** Return the fields of anything larger that make it a model. */
export const modelPart = ({ network, prediction, preconditioning, process }: DiffusionModel): DiffusionModel => ({
  network,
  prediction,
  ...(preconditioning && { preconditioning }),
  ...(process && { process }),
});

/** Return a network as the distiller and the samplers see one. Its parameters must be of its configuration. */
export function networkOf(config: NetworkConfig): Network<NetworkParams> {
  const family = familyOf(config);
  return (params, xt, conditioning) => family.apply(config, params, xt, conditioning);
}

/** Return a model as the distiller and the samplers see one. */
export const modelOf = ({ network, prediction, preconditioning }: DiffusionModel): Model<NetworkParams> => ({
  network: networkOf(network),
  prediction,
  ...(preconditioning && { preconditioning: preconditioningOf(preconditioning) }),
});

/**
 * Check a model in full, also one that was read from a file.
 *
 * @throws RangeError or TypeError that names the field and what would do.
 */
export function checkDiffusionModel(model: DiffusionModel): void {
  const { network, prediction, preconditioning } = model;
  if (!isRecord(network)) throw new TypeError("expected 'network', the configuration of a U-Net");
  if (!predictions.includes(prediction))
    throw new RangeError(`'prediction' must be one of ${predictions.join(', ')}, got ${JSON.stringify(prediction)}`);
  if (preconditioning !== undefined) {
    if (!isRecord(preconditioning)) throw new TypeError("'preconditioning' must be an object with a 'kind'");
    preconditioningOf(preconditioning);
    if (prediction !== 'x0') throw new RangeError(`a preconditioned model predicts x0, got 'prediction' ${JSON.stringify(prediction)}`);
  }
  if (model.process !== undefined && !isRecord(model.process)) throw new TypeError("'process' must be an object with a 'kind'");
  checkNoiseProcess(processOf(model));
  familyOf(network).check(network);
  if (prediction === 'x0+eps' && network.outputs !== 2)
    throw new RangeError(`a network that predicts x0+eps has 2 outputs, this one ${network.outputs}`);
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

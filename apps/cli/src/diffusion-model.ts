import type { Model, Prediction } from '@tract/distill';
import { type NetworkConfig, type NetworkParams, networkOf, specOf } from './network.js';
import { checkProcess, cosine, type NoiseProcess } from './noise-process.js';
import { type PreconditioningSettings, preconditioningOf } from './preconditioning.js';

export const predictions: readonly Prediction[] = ['x0', 'eps', 'v', 'x0+eps'];

/** What a diffusion model is, but for its weights. */
export type DiffusionModel = {
  readonly network: NetworkConfig;
  readonly prediction: Prediction;
  /** With it the network is the F inside, and `prediction` is 'x0'. */
  readonly preconditioning?: PreconditioningSettings;
  /** The cosine schedule unless told. */
  readonly process?: NoiseProcess;
};

export const processOf = ({ process = cosine }: DiffusionModel): NoiseProcess => process;

/** The parts of anything larger that make it a model. */
export const modelPart = ({ network, prediction, preconditioning, process }: DiffusionModel): DiffusionModel => ({
  network,
  prediction,
  ...(preconditioning && { preconditioning }),
  ...(process && { process }),
});

/** A model as the distiller and the samplers see it. */
export const modelOf = ({ network, prediction, preconditioning }: DiffusionModel): Model<NetworkParams> => ({
  network: networkOf(network),
  prediction,
  ...(preconditioning && { preconditioning: preconditioningOf(preconditioning) }),
});

/** @throws RangeError or TypeError that names what is wrong with a description; also with one that was read from a file. */
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
  checkProcess(processOf(model));
  specOf(network);
  if (prediction === 'x0+eps' && network.outputs !== 2)
    throw new RangeError(`a network that predicts x0+eps has 2 outputs, this one ${network.outputs}`);
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

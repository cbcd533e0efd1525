import type { NamedArray } from '@tract/checkpoint';
import type { ModelDescription } from '@tract/model';
import type { PreconditioningSettings } from '@tract/schedules';
import { type EdmUNetConfig, edmWeights } from '@tract/unet';
import { dataError } from '../errors.js';
import type { EdmOrigin } from './convert-edm-origin.js';
import { exactFloat32 } from './convert-table.js';
import type { HostModel } from './convert-write.js';

/** What stands around a network, by the class that EDM wraps it in and the arguments of that; its defaults are ours. */
const preconditionings: Readonly<Record<string, (settings: Readonly<Record<string, unknown>>) => PreconditioningSettings>> = {
  EDMPrecond: ({ sigma_data }) => ({ kind: 'edm', ...numbers({ sigmaData: sigma_data }) }),
  VPPrecond: ({ beta_d, beta_min, M }) => ({ kind: 'vp', ...numbers({ betaRange: beta_d, betaMin: beta_min, trainingSteps: M }) }),
  VEPrecond: () => ({ kind: 've' }),
  iDDPMPrecond: ({ M }) => ({ kind: 'iddpm', ...numbers({ trainingSteps: M }) }),
};

const numbers = (values: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/**
 * A network of EDM, whose names have been found to be right, as a model of ours: a teacher that is drawn by Heun's method.
 * @throws CliError (bad data) when the file does not say what stands around the network.
 */
export function edmModel(path: string, config: EdmUNetConfig, arrays: ReadonlyMap<string, NamedArray>, origin?: EdmOrigin): HostModel {
  const around = origin && Object.hasOwn(preconditionings, origin.className) ? preconditionings[origin.className] : undefined;
  if (!origin || !around) {
    const said = origin ? `names '${origin.className.slice(0, 60)}' as` : 'does not say';
    throw dataError(
      `${path} ${said} the preconditioning of its network (known: ${Object.keys(preconditionings).join(', ')}); convert the .pkl itself, or to a .safetensors or .pt`,
    );
  }
  const state = new Map(
    Array.from(arrays, ([name, array]) => [name, { shape: array.shape, values: exactFloat32(path, name, array) }] as const),
  );
  const weights = edmWeights(config, state);
  const description: ModelDescription = {
    network: config,
    prediction: 'x0',
    preconditioning: around(origin.settings),
    process: { kind: 'edm' },
    samplingSteps: [18],
    data: 'unknown',
  };
  return { description, tensors: new Map(weights.map(({ path: leaf, shape, values }) => [leaf, { dtype: 'F32', shape, data: values }])) };
}

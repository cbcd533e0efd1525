import type { ModelDescription } from '@tract/model';
import type { PreconditioningSettings } from '@tract/schedules/training';
import { type EdmUNetConfig, edmConfigs } from '@tract/unet';
import { badCheckpoint, naming } from '../convert-error.js';
import { edmMetadata } from '../edm-origin.js';
import type { EdmOrigin, ForeignCheckpoint, Settings } from '../foreign-checkpoint.js';
import { faultOf, matchNames, wantedBy } from '../name-table.js';
import { edmFilters } from '../names/edm-filters.js';
import { edmPlaces } from '../names/edm-places.js';
import { fromEdmSettings } from '../settings/edm-settings.js';
import type { RecognisedNetwork, SourceFormat } from './source-format.js';

/** Networks of NVlabs/edm, under their preconditioning. */
export const edm: SourceFormat = {
  name: 'edm',
  marker: { name: 'model.map_layer0.weight', separator: '.' },
  scope: 'model.',
  hints: [],
  files: { pt: true, withoutModel: 'own' },
  metadata: ({ edm: origin }) => (origin ? edmMetadata(origin) : {}),
  recognise: recogniseEdm,
};

/** Recognise a network by how a pickle says it was made, or else as one of the published ones. @throws ConvertError */
function recogniseEdm({ name, tensors, edm: origin }: ForeignCheckpoint): RecognisedNetwork {
  const known = origin ? recognised(configOf(name, origin)) : publishedVariants().map(recognised).find(fits(tensors));
  if (known === undefined)
    throw badCheckpoint(`${name} is none of the published networks of EDM; convert the .pkl itself, which says how its network was made`);
  return { ...known, model: () => modelOf(name, known.network, origin) };
}

const recognised = (network: EdmUNetConfig) => ({ network, places: edmPlaces(network), constants: edmFilters(network) });

const fits =
  (tensors: ForeignCheckpoint['tensors']) =>
  ({ places, constants }: ReturnType<typeof recognised>): boolean =>
    faultOf(matchNames(wantedBy(places, constants), tensors)) === undefined;

/** The published ones, and those with classes or augmentation inputs. */
const publishedVariants = (): EdmUNetConfig[] =>
  Object.values(edmConfigs).flatMap((config) =>
    [config.classes, 10].flatMap((classes) => [
      { ...config, classes },
      { ...config, classes, augmentChannels: 9 },
    ]),
  );

function configOf(name: string, { className, settings }: EdmOrigin): EdmUNetConfig {
  const config = naming(name, () => fromEdmSettings(settings));
  // Networks of iDDPM's kind put out a variance behind the noise.
  return className === 'iDDPMPrecond' ? { ...config, outputs: 2 } : config;
}

/** Preconditionings by EDM's class, from the arguments of that; its defaults are ours. */
const preconditionings: Readonly<Record<string, (settings: Settings) => PreconditioningSettings>> = {
  EDMPrecond: ({ sigma_data }) => ({ kind: 'edm', ...numbers({ sigmaData: sigma_data }) }),
  VPPrecond: ({ beta_d, beta_min, M }) => ({ kind: 'vp', ...numbers({ betaRange: beta_d, betaMin: beta_min, trainingSteps: M }) }),
  VEPrecond: () => ({ kind: 've' }),
  iDDPMPrecond: ({ M }) => ({ kind: 'iddpm', ...numbers({ trainingSteps: M }) }),
};

const numbers = (values: Settings): Record<string, number> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/** Describe a teacher that is drawn by Heun's method. @throws ConvertError when the file does not tell its preconditioning. */
function modelOf(name: string, network: EdmUNetConfig, origin: EdmOrigin | undefined): ModelDescription {
  const around = origin && Object.hasOwn(preconditionings, origin.className) ? preconditionings[origin.className] : undefined;
  if (!origin || !around) {
    const known = `(known: ${Object.keys(preconditionings).join(', ')})`;
    const fault = origin ? `names '${origin.className.slice(0, 60)}' as` : 'does not say';
    throw badCheckpoint(
      `${name} ${fault} the preconditioning of its network ${known}; convert the .pkl itself, or to a .safetensors or .pt`,
    );
  }
  return {
    ...{ network, prediction: 'x0', preconditioning: around(origin.settings), process: { kind: 'edm' } },
    ...{ samplingSteps: [18], data: 'unknown' },
  };
}

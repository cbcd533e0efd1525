import { badCheckpoint, naming } from '../convert-error.js';
import type { ForeignCheckpoint, Tensors } from '../foreign-checkpoint.js';
import type { Hints } from '../hints.js';
import { diffusersPlaces } from '../names/diffusers-places.js';
import type { Places } from '../names/place.js';
import { fromDiffusersSettings } from '../settings/from-diffusers-settings.js';
import { fromScheduler } from '../settings/scheduler.js';
import { admModel } from './adm-model.js';
import type { RecognisedNetwork, SourceFormat } from './source-format.js';

/** Folders of a UNet2DModel of diffusers, with or without a scheduler. */
export const diffusers: SourceFormat = {
  name: 'diffusers',
  marker: { name: 'time_embedding.linear_1.weight', separator: '.' },
  hints: ['preconditioning', 'samplingSteps', 'data'],
  files: { pt: false },
  recognise: recogniseDiffusers,
};

/** Recognise a network by its config.json; its scheduler, or a hint, says the preconditioning. @throws ConvertError */
function recogniseDiffusers({ name, tensors, diffusers: beside }: ForeignCheckpoint, hints: Hints): RecognisedNetwork {
  if (!beside) throw badCheckpoint(`${name} is of diffusers, which says in a config.json how its network is made; give the folder of both`);
  const scheduled = beside.scheduler && naming(name, () => fromScheduler(beside.scheduler!));
  if (hints.preconditioning !== undefined && scheduled !== undefined && !agrees(hints.preconditioning, scheduled.preconditioning))
    throw badCheckpoint(`${name} has a scheduler that says the preconditioning; leave it out of the hints`);
  const preconditioning = scheduled?.preconditioning ?? hints.preconditioning;
  if (preconditioning === undefined)
    throw badCheckpoint(`${name} has no scheduler_config.json that says what its network predicts`, {
      option: 'hints',
      example: { preconditioning: { kind: 'ddpm', betas: 'linear', predicts: 'eps' } },
    });
  const network = naming(name, () => fromDiffusersSettings(beside.config));
  return {
    network,
    places: withNamesOf(tensors, diffusersPlaces(network)),
    model: () => admModel(name, network, preconditioning, hints, scheduled?.process),
  };
}

/** Tell whether a hint says nothing else than what a scheduler does. */
const agrees = (hint: object, scheduled: object): boolean =>
  Object.entries(hint).every(([name, value]) => JSON.stringify(value) === JSON.stringify(scheduled[name as keyof object]));

/** Names of attention's parts since diffusers 0.15, and before. */
const olderNames = [
  ['.to_q.', '.query.'],
  ['.to_k.', '.key.'],
  ['.to_v.', '.value.'],
  ['.to_out.0.', '.proj_attn.'],
] as const;

/** Replace names that the file has in their older form only. */
function withNamesOf(tensors: Tensors, places: Places): Places {
  const older = (name: string) => olderNames.reduce((changed, [now, before]) => changed.replace(now, before), name);
  const asThere = (name: string) => (!tensors.has(name) && tensors.has(older(name)) ? older(name) : name);
  return new Map(Array.from(places, ([leaf, place]) => [leaf, { ...place, names: place.names.map(asThere) }]));
}

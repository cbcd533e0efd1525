import { basename } from 'node:path';
import { type ModelDescription, modelPart } from '@tract/model';
import type { PreconditioningSettings } from '@tract/schedules';
import { edmNames, mlTractNames } from '@tract/unet';
import { dataError, usageError } from '../errors.js';
import type { Io } from '../io.js';
import { modelAround } from './convert-around.js';
import { convertDiffusers, diffusersMarker } from './convert-diffusers.js';
import { edmMarker, recogniseEdm } from './convert-edm.js';
import { edmModel } from './convert-edm-model.js';
import { edmMetadata } from './convert-edm-origin.js';
import { flax } from './convert-flax.js';
import { type Hints, readHints } from './convert-hints.js';
import { mlTract } from './convert-ml-tract.js';
import { type AdmNetwork, convertOpenai, openaiMarker } from './convert-openai.js';
import { type ChosenPart, choosePart, type Marker, type Part, rootsOf } from './convert-part.js';
import { type Outcome, reportNames } from './convert-report.js';
import { type ForeignSource, type ModelSource, readSource } from './convert-source.js';
import { faultOf } from './convert-table.js';
import { convertToDiffusers } from './convert-to-diffusers.js';
import { convertUNet, type UNetFamily } from './convert-unet.js';
import { type DestinationKind, destinationKind, writeArrays, writeConverted } from './convert-write.js';

export type FamilyName = 'ml-tract' | 'edm' | 'flax' | 'openai' | 'diffusers';
export type ConvertOptions = {
  readonly family: 'auto' | FamilyName;
  readonly part?: Part;
  readonly config?: string;
  /** Of a model: the program that it is written for. */
  readonly to?: 'diffusers';
  readonly expectSha256?: string;
  readonly json?: boolean;
};
type Request = ConvertOptions & { readonly destination: string; readonly kind: DestinationKind };

const markers: Readonly<Record<FamilyName, Marker>> = {
  'ml-tract': mlTract.marker,
  edm: edmMarker,
  flax: flax.marker,
  openai: openaiMarker,
  diffusers: diffusersMarker,
};
const unets: Readonly<Partial<Record<FamilyName, UNetFamily>>> = { 'ml-tract': mlTract, flax };

/** Reads any checkpoint and writes it as a model, or a model as a checkpoint; prints what became of every name. */
export function convert(io: Io, path: string, destination: string, options: ConvertOptions): void {
  const request = { ...options, destination, kind: destinationKind(destination) };
  const source = readSource(path, options.expectSha256);
  const outcome = source.format === 'model' ? convertModel(source, request) : convertForeign(source, request);
  const fault = faultOf(outcome.table);
  if (fault === undefined) outcome.write();
  reportNames(io, options.json === true, source, fault === undefined ? destination : undefined, outcome);
  if (fault !== undefined) throw dataError(`${path}: the names are not those of the network: ${fault}; nothing was written`);
}

/** A model of ours keeps its names, or takes those of the reference. */
function convertModel({ path, model }: ModelSource, { family, part, config, to, destination, kind }: Request): Outcome {
  if (family !== 'auto' || part !== undefined || config !== undefined)
    throw usageError(`${path} is a model that says all about itself; leave --family, --part and --config out`);
  const { network, prediction, samplingSteps, data, recipe, scores, tensors } = model;
  const description = { ...modelPart(model), samplingSteps, data, ...(recipe && { recipe }), ...(scores && { scores }) };
  if (to === 'diffusers') return convertToDiffusers(path, model, destination, kind);
  const names = kind === 'pt' ? namesOf(path, network) : undefined;
  const mapped = Array.from(tensors, ([name, { shape }]) => ({ from: [name], to: names?.get(name)?.name ?? name, shape }));
  const table = { mapped, leftOver: [], missing: [], differing: [] };
  const write = () => writeConverted(destination, kind, { description, tensors });
  return { family: 'tract', network, prediction, table, others: [], write };
}

/** Our parameters' names in the program that the network is of. @throws CliError (bad data) for an ADM that EDM's code does not build. */
function namesOf(path: string, network: ModelDescription['network']): ReadonlyMap<string, { readonly name: string }> {
  if (network.kind === 'unet') return mlTractNames(network);
  try {
    return edmNames(network);
  } catch (error) {
    throw dataError(`${path} cannot take EDM's names: ${(error as Error).message}; convert it to a .safetensors`, error);
  }
}

function convertForeign(source: ForeignSource, request: Request): Outcome {
  if (request.to !== undefined) throw usageError(`--to ${request.to} is for a model; convert ${source.path} to one first`);
  const family = request.family === 'auto' ? recognise(source) : request.family;
  if (rootsOf(markers[family], source.arrays.keys()).length === 0)
    throw dataError(`${source.path} holds no network of ${family}: none of its names ends in '${markers[family].name}'`);
  const chosen = choosePart(source.path, markers[family], source.arrays, request.part);
  const unet = unets[family];
  if (family === 'openai') return convertOpenaiNetwork(source, chosen, request);
  if (family === 'diffusers') return convertDiffusersNetwork(source, chosen, request);
  return unet ? convertFamily(unet, source, chosen, request) : convertEdm(source, chosen, request);
}

/** The program that the names are of. @throws CliError (bad data) when that is none or several. */
function recognise({ path, arrays }: ForeignSource): FamilyName {
  const found = (Object.keys(markers) as FamilyName[]).filter((name) => rootsOf(markers[name], arrays.keys()).length > 0);
  if (found.length === 1) return found[0];
  if (found.length > 1) throw dataError(`${path} may be of ${found.join(' or ')}; say which with --family`);
  const [first] = arrays.keys();
  const some = first === undefined ? 'it has none' : `it has ${arrays.size}, such as '${first.slice(0, 60)}'`;
  throw dataError(`${path}: its names are of no program that is known (${Object.keys(markers).join(', ')}); ${some}`);
}

function convertFamily(unet: UNetFamily, { path, sha256 }: ForeignSource, { part, arrays, others }: ChosenPart, request: Request): Outcome {
  const hints = request.config === undefined ? {} : readHints(request.config);
  if (hints.preconditioning !== undefined)
    throw dataError(`--config ${request.config}: 'preconditioning' is for networks of openai and diffusers; leave it out`);
  const { model, table, tensors } = convertUNet(unet, { path, arrays }, hints);
  const recipe = { convertedFrom: basename(path), family: unet.name, ...(part && { part }), sha256 };
  const write = () => writeConverted(request.destination, request.kind, { description: { ...model, recipe }, tensors: tensors! });
  return { family: unet.name, part, network: model.network, prediction: model.prediction, table, others, write };
}

/** Networks of EDM are checked name by name; in a file they keep their names, in a folder they become a model of ours. */
function convertEdm(
  { path, edm, sha256 }: ForeignSource,
  { part, arrays, others }: ChosenPart,
  { destination, kind, config: hints }: Request,
): Outcome {
  if (hints !== undefined) throw usageError('--config is for ml-tract and flax; networks of EDM say how they were made');
  const { config, table } = recogniseEdm(path, arrays, edm);
  if (kind !== 'folder') {
    const write = () => writeArrays(destination, kind, arrays, edm ? edmMetadata(edm) : {});
    return { family: 'edm', part, network: config, table, others, write };
  }
  if (faultOf(table) !== undefined) return { family: 'edm', part, network: config, table, others, write: () => {} };
  const { description, tensors } = edmModel(path, config, arrays, edm);
  const recipe = { convertedFrom: basename(path), family: 'edm', ...(part && { part }), sha256 };
  const write = () => writeConverted(destination, kind, { description: { ...description, recipe }, tensors });
  return { family: 'edm', part, network: config, prediction: description.prediction, table, others, write };
}

/** Networks of OpenAI do not say what stands around them: --config does, or they become a network alone. */
function convertOpenaiNetwork(source: ForeignSource, { part, arrays, others }: ChosenPart, request: Request): Outcome {
  const { path } = source;
  const { destination, kind } = request;
  const hints = request.config === undefined ? {} : readHints(request.config);
  const network = convertOpenai({ path, arrays }, hints);
  const facts = { family: 'openai', part, others } as const;
  if (hints.preconditioning !== undefined) return admModel(source, network, hints.preconditioning, hints, facts, request);
  if (kind !== 'safetensors')
    throw usageError(
      `${destination}: a network of OpenAI does not say what its output means; add "preconditioning" to --config, such as {"kind":"ddpm","betas":"cosine"} or {"kind":"consistency"}, or choose a .safetensors, which then holds the network alone`,
    );
  const { config, table, tensors } = network;
  const write = () => writeArrays(destination, kind, tensors!, { 'tract.network': JSON.stringify(config) });
  return { ...facts, network: config, table, write };
}

/** A folder of diffusers says how its network is made, and by its scheduler what stands around it. */
function convertDiffusersNetwork(source: ForeignSource, { part, arrays, others }: ChosenPart, request: Request): Outcome {
  const { path, diffusers } = source;
  const hints = request.config === undefined ? {} : readHints(request.config);
  if (!diffusers) throw dataError(`${path} is of diffusers, which says in a config.json how its network is made; give the folder of both`);
  const strange = Object.keys(hints).find((key) => !['preconditioning', 'samplingSteps', 'data'].includes(key));
  if (strange !== undefined) throw dataError(`${path} says '${strange}' in its config.json; leave it out of --config`);
  if (hints.preconditioning !== undefined && diffusers.preconditioning !== undefined)
    throw dataError(`${path} has a scheduler that says the preconditioning; leave it out of --config`);
  const preconditioning = hints.preconditioning ?? diffusers.preconditioning;
  if (preconditioning === undefined)
    throw dataError(
      `${path} has no scheduler_config.json that says what its network predicts; add --config FILE.json, such as {"preconditioning":{"kind":"ddpm","betas":"linear","predicts":"eps"}}`,
    );
  const network = convertDiffusers({ path, arrays }, diffusers.settings);
  return admModel(source, network, preconditioning, hints, { family: 'diffusers', part, others }, request);
}

/** A network of ADM's kind as a model. */
function admModel(
  { path, sha256 }: ForeignSource,
  { config, table, tensors }: AdmNetwork,
  preconditioning: PreconditioningSettings,
  hints: Hints,
  facts: Pick<Outcome, 'family' | 'part' | 'others'>,
  { destination, kind }: Request,
): Outcome {
  if (kind === 'pt') throw usageError(`${destination}: a network of ${facts.family} becomes a model; choose a folder or a .safetensors`);
  const model = modelAround(path, config, preconditioning, hints);
  const recipe = { convertedFrom: basename(path), family: facts.family, ...(facts.part && { part: facts.part }), sha256 };
  const write = () => writeConverted(destination, kind, { description: { ...model, recipe }, tensors: tensors! });
  return { ...facts, network: config, prediction: model.prediction, table, write };
}

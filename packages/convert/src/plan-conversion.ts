import { safetensorsPieces, torchPieces } from '@tract/checkpoint';
import { leaves } from '@tract/tensor';
import { networkSpec, type ParamSpec } from '@tract/unet';
import { type ChosenPart, choosePart } from './choose-part.js';
import { badCheckpoint, badRequest } from './convert-error.js';
import type { DestinationOptions, HostModel, PlannedFile } from './destinations/destination.js';
import { destinationOf } from './destinations.js';
import type { ForeignCheckpoint, Tensors } from './foreign-checkpoint.js';
import type { RecognisedNetwork, SourceFormat } from './formats/source-format.js';
import type { HintName, Hints } from './hints.js';
import { finiteFloat32, parameterAt } from './lazy-array.js';
import { faultOf, matchNames, type NameTable, wantedBy } from './name-table.js';
import { recogniseFormat } from './source-formats.js';

export type ConversionOptions = DestinationOptions & {
  /** Form to write: folder, safetensors, pt or diffusers. */
  readonly destination: string;
  /** Format of a foreign checkpoint. Default: recognised by its names. */
  readonly format?: string;
  /** Network of a checkpoint that holds several: model, ema, self-teacher, teacher or the prefix of its names. Default: its only one. */
  readonly part?: string;
  readonly hints?: Hints;
  /** Facts about the source that the model's recipe keeps, such as its SHA-256. */
  readonly recipe?: Readonly<Record<string, string>>;
};

/** Plan of a conversion. Only the description of the network has been read so far. */
export type ConversionPlan = {
  /** Format of the source; 'tract' for a model of ours. */
  readonly format: string;
  readonly part?: string;
  /** Configuration of the network, in the terms of the destination. */
  readonly network: unknown;
  readonly prediction?: string;
  readonly table: NameTable;
  /** Names of the checkpoint that belong to other networks in it. */
  readonly others: readonly string[];
  /** Sentences about what is not kept exactly, or not written. */
  readonly notes: readonly string[];
  /** The files to write, in order. Undefined if the table has a fault. */
  readonly files?: readonly PlannedFile[];
};

/**
 * Plan the conversion of a checkpoint of another program, or of a model of ours.
 * @throws ConvertError when the network is not known or not determined, or the options do not go with it.
 */
export const planConversion = (source: ForeignCheckpoint | HostModel, options: ConversionOptions): ConversionPlan =>
  'description' in source ? planModel(source, options) : planForeign(source, options);

function planModel(model: HostModel, options: ConversionOptions): ConversionPlan {
  const { format, part, hints } = options;
  if (format !== undefined || part !== undefined || hints !== undefined)
    throw badRequest(`${model.name} is a model that says all about itself; leave format, part and hints out`);
  const { network, prediction } = model.description;
  if (network.bothEnds && !['folder', 'safetensors'].includes(options.destination))
    throw badRequest(
      `${model.name} is told both ends of a jump, for which ${options.destination} has no place; write a folder or a .safetensors`,
    );
  const { mapped, files, network: there, notes = [] } = destinationOf(options.destination).plan(model, options);
  const table = { mapped, leftOver: [], missing: [], differing: [] };
  return { format: 'tract', network: there ?? network, prediction, table, others: [], notes, files };
}

function planForeign(source: ForeignCheckpoint, options: ConversionOptions): ConversionPlan {
  const format = recogniseFormat(source, options.format);
  requireForm(source, format, options.destination);
  const chosen = choosePart(source.name, format.marker, source.tensors, options.part);
  requireHints(source.name, format, options.hints ?? {});
  const { tensors, others } = withinScope(format, chosen);
  const checkpoint = { ...source, tensors };
  const recognised = format.recognise(checkpoint, options.hints ?? {});
  const table = matchNames(wantedBy(recognised.places, recognised.constants), tensors);
  const facts = { format: format.name, part: chosen.part, network: recognised.network, table, others, notes: notesOn(tensors) };
  if (faultOf(table) !== undefined) return facts;
  checkConstants(checkpoint, recognised);
  const ours = parametersOf(checkpoint, recognised);
  const isFile = destinationOf(options.destination).isFile;
  if (isFile && format.files.withoutModel === 'own') return { ...facts, files: [ownFile(format, checkpoint, options.destination)] };
  if (isFile && format.files.withoutModel === 'network' && options.hints?.preconditioning === undefined)
    return { ...facts, files: [networkFile(recognised, ours)] };
  const recipe = { ...options.recipe, family: format.name, ...(chosen.part && { part: chosen.part }) };
  const description = { ...recognised.model(), recipe };
  const { files } = destinationOf(options.destination).plan({ name: source.name, description, tensors: ours }, options);
  return { ...facts, prediction: description.prediction, files };
}

/** Some forms are for models of ours only. */
function requireForm({ name }: ForeignCheckpoint, format: SourceFormat, destination: string): void {
  if (!['folder', 'safetensors', 'pt'].includes(destination))
    throw badRequest(`the form ${destination} is for a model; convert ${name} to one first`);
  if (destination === 'pt' && !format.files.pt)
    throw badRequest(`${name}: a network of ${format.name} becomes a model; choose a folder or a .safetensors`);
}

function requireHints(name: string, format: SourceFormat, hints: Hints): void {
  const unknown = (Object.keys(hints) as HintName[]).find((key) => !format.hints.includes(key));
  if (unknown === undefined) return;
  const known = format.hints.length === 0 ? 'no hints: it says how its network was made' : `the hints ${format.hints.join(', ')}`;
  throw badCheckpoint(`${name} is of ${format.name}, which takes ${known}; leave '${unknown}' out`);
}

/** Leave out what the format keeps beside its networks. */
function withinScope({ scope = '' }: SourceFormat, { tensors, others }: ChosenPart): Pick<ChosenPart, 'tensors' | 'others'> {
  const outside = [...tensors.keys()].filter((name) => !name.startsWith(scope));
  return { tensors: new Map([...tensors].filter(([name]) => name.startsWith(scope))), others: [...others, ...outside] };
}

/** @throws ConvertError if an array beside the parameters has other values than the configuration gives it. */
function checkConstants({ name: source, tensors }: ForeignCheckpoint, { constants = new Map() }: RecognisedNetwork): void {
  for (const [name, { values }] of constants) {
    const found = finiteFloat32(source, name, tensors.get(name)!);
    // Written by others in float32 from whole numbers, or in half precision.
    const tolerance = tensors.get(name)!.dtype === 'F32' ? 1e-6 : 1e-2;
    if (!found.every((value, i) => Math.abs(value - values[i]) <= tolerance))
      throw badCheckpoint(`${source}: '${name}' is not the filter of this network, [${values}]`);
  }
}

/** Return the parameters by leaf path, each read when its `data` is asked for. */
function parametersOf({ name, tensors }: ForeignCheckpoint, { network, places }: RecognisedNetwork): Tensors {
  const specs = leaves<ParamSpec>(networkSpec(network));
  return new Map(specs.map(([leaf, { shape }]) => [leaf, parameterAt(name, places.get(leaf)!, tensors, shape)]));
}

/** A file under the names that the tensors came with. */
function ownFile(format: SourceFormat, checkpoint: ForeignCheckpoint, destination: string): PlannedFile {
  const { tensors } = checkpoint;
  const content = destination === 'pt' ? () => torchPieces(tensors) : () => safetensorsPieces(tensors, format.metadata?.(checkpoint) ?? {});
  return { name: `model.${destination}`, content };
}

/** A network under our names, without the model around it. */
const networkFile = ({ network }: RecognisedNetwork, tensors: Tensors): PlannedFile => ({
  name: 'model.safetensors',
  content: () => safetensorsPieces(tensors, { 'tract.network': JSON.stringify(network) }),
});

function notesOn(tensors: Tensors): string[] {
  const wide = [...tensors.values()].filter(({ dtype }) => dtype === 'F64').length;
  return wide === 0 ? [] : [`${wide} tensors are float64 and become the nearest float32`];
}

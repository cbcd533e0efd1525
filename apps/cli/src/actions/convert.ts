import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { ConvertError, faultOf, type Hints, parseHints, planConversion, type Remedy } from '@tract/convert';
import { openSource } from '@tract/convert/node';
import { CliError, dataError, exitCodes, usageError } from '../errors.js';
import type { Io } from '../io.js';
import { locateModel } from '../models/model-folder.js';
import { cardOf } from '../output/model-card.js';
import { type DestinationKind, destinationKind, writePlanned } from './convert-destination.js';
import { reportNames } from './convert-report.js';

export type ConvertOptions = {
  /** Name of a format, or 'auto'. */
  readonly family: string;
  readonly part?: string;
  /** Path of a JSON file of hints. */
  readonly config?: string;
  /** Program that a folder is written for. */
  readonly to?: 'diffusers' | 'onnx';
  /** An ONNX graph in half precision. */
  readonly float16?: boolean;
  /** A student's one step as an ONNX graph. */
  readonly oneStep?: boolean;
  readonly expectSha256?: string;
  readonly json?: boolean;
};

/** Read any checkpoint and write it as a model, or a model as a checkpoint; print the fate of every name. @throws CliError */
export function convert(io: Io, path: string, destination: string, options: ConvertOptions): void {
  const kind = destinationKind(destination);
  const form = formOf(kind, destination, options);
  try {
    const source = openSource(placeOf(path), options.expectSha256, options.part);
    const plan = planConversion(source.content, {
      destination: form,
      fileName: basename(destination),
      onnx: { type: options.float16 ? 'float16' : 'float32', oneStep: options.oneStep },
      ...(options.family !== 'auto' && { format: options.family }),
      part: source.part === undefined ? options.part : undefined,
      hints: options.config === undefined ? undefined : readHints(options.config),
      recipe: { convertedFrom: basename(path), sha256: source.sha256 },
      card: (description) => cardOf(description, destination),
    });
    if (plan.files) writePlanned(destination, kind, plan.files);
    reportNames(io, options.json === true, { path, container: source.container, sha256: source.sha256 }, plan.files && destination, plan);
    const fault = faultOf(plan.table);
    if (fault !== undefined) throw dataError(`${path}: the names are not those of the network: ${fault}; nothing was written`);
  } catch (error) {
    throw error instanceof ConvertError ? asCliError(error) : error;
  }
}

/** Return the form that is written. @throws CliError (usage) for options that do not go with it */
function formOf(kind: DestinationKind, destination: string, { to, float16, oneStep }: ConvertOptions): string {
  if (to !== undefined && kind !== 'folder') throw usageError(`${destination}: a model for ${to} is a folder; choose a name without a dot`);
  const form = to === 'onnx' ? 'onnx-folder' : (to ?? kind);
  const only = float16 ? '--float16' : oneStep ? '--one-step' : undefined;
  if (only !== undefined && !form.startsWith('onnx')) throw usageError(`${only} is for ONNX: choose a .onnx, or a folder with --to onnx`);
  return form;
}

/** Return the path of a file or folder, or of a shipped model's folder. */
const placeOf = (path: string): string => (existsSync(path) ? path : dirname(locateModel(path).weights));

/** Read --config. @throws CliError (bad data) */
function readHints(path: string): Hints {
  try {
    return parseHints(JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')), `--config ${path}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw dataError(`--config ${path} is no JSON: ${error.message}`, error);
    throw error;
  }
}

/** Give the remedy of a library's error in terms of our options. */
function asCliError(error: ConvertError): CliError {
  const message = error.remedy === undefined ? error.fact : `${error.fact}; ${adviceOf(error.remedy)}`;
  return new CliError(message, error.kind === 'request' ? exitCodes.usage : exitCodes.data, { cause: error });
}

function adviceOf(remedy: Remedy): string {
  if (remedy.option === 'hints') return `add --config FILE.json, such as ${JSON.stringify(remedy.example)}`;
  return remedy.option === 'part' ? 'choose one with --part' : 'say which with --family';
}

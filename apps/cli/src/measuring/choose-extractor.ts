import { existsSync } from 'node:fs';
import { type ClassifierSet, classifierKinds, type InputMode } from '@tract/metrics';
import { type LoadedExtractor, loadClassifier, loadInception, loadOnnxExtractor, type ReadyExtractor } from '@tract/scores';
import { dataError, usageError } from '../errors.js';
import type { Io } from '../io.js';

/** Options by which an extractor is chosen. */
export type ExtractorChoice = { readonly features: string; readonly mode: InputMode; readonly weights?: string };

/**
 * Load the chosen extractor: `inception` with weights, a set that a classifier knows (`digits`), or the path of an ONNX file.
 * @throws CliError (usage or bad data), ScoresError or CheckpointError, before anything is computed.
 */
export async function chooseExtractor({
  features,
  mode,
  weights = process.env.TRACT_INCEPTION,
}: ExtractorChoice): Promise<LoadedExtractor> {
  if (isClassifierSet(features)) return loadClassifier(features);
  if (features.endsWith('.onnx')) return loadOnnxExtractor(features, mode);
  if (features !== 'inception')
    throw usageError(`--features ${features}: expected inception, ${Object.keys(classifierKinds).join(', ')} or a file that ends in .onnx`);
  if (!weights)
    throw usageError(
      'Inception features need --weights FILE (or TRACT_INCEPTION); `tract fid weights --help` says where to get it, --features digits needs none',
    );
  requireWeights(weights);
  return loadInception(weights, mode);
}

/** Tell if features are those of a classifier that comes with the program, which knows images of one size and resizes none. */
export const isClassifierSet = (features: string): features is ClassifierSet => Object.hasOwn(classifierKinds, features);

/** @throws CliError (bad data) for a file of weights that is not there. */
export function requireWeights(path: string): void {
  if (!existsSync(path)) throw dataError(`there is no file ${path}; \`tract fid weights --help\` says where the weights are published`);
}

/** Put a loaded extractor on the active backend and print its caution. */
export function startExtractor(io: Io, loaded: LoadedExtractor): ReadyExtractor {
  const ready = loaded.start();
  if (ready.caution) io.err(`${ready.caution}\n`);
  return ready;
}

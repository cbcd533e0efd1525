import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { decodeModelConfig, type ModelConfig } from '@tract/checkpoint';
import { isSetName, withoutPlace } from '@tract/data';
import { addScore, parseScores, type Score } from '@tract/scores';
import { writeFileAtomically } from '@tract/train/node';
import { failure, usageError } from '../errors.js';
import { locateModel, type StoredModel } from '../models/model-folder.js';

/** Read the measurements in a model's config.json. @throws ScoresError */
export const scoresOf = ({ path, scores }: Pick<StoredModel, 'path' | 'scores'>): readonly Score[] => parseScores(scores, path);

/** Check, before anything is measured, that a score can be kept. @throws CliError (usage) for a model without a config.json of its own. */
export function requireRecordable(model: StoredModel): void {
  const { config } = locateModel(model.path);
  if (!existsSync(config)) throw usageError(`--record: ${model.path} has no config.json to keep a score in; give a model folder`);
}

/**
 * Keep a score in the config.json of the model that was measured, in place of the same measurement if there is one.
 * @returns the path of the file.
 * @throws CliError (failed) if the model is no longer the one that was measured, WriteError.
 */
export function recordScore(model: StoredModel, score: Score): string {
  const { config: path } = locateModel(model.path);
  const now = decodeModelConfig(readFileSync(path), path);
  if (withoutScores(now) !== withoutScores(model.config))
    throw failure(`${path} was written anew while the model was measured; the score is of the model before and was not recorded`);
  const scores = addScore(scoresOf({ path: model.path, scores: now.scores }), score);
  writeFileAtomically(path, `${JSON.stringify({ ...now, scores }, null, 2)}\n`);
  return path;
}

const withoutScores = ({ scores: _, ...config }: ModelConfig): string => JSON.stringify(config);

/** Name a reference without its place on this machine: the data set, or the file. */
export const referenceName = (reference: string): string => (isSetName(reference) ? withoutPlace(reference) : basename(reference));

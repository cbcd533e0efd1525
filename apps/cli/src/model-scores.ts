import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { decodeModelConfig, type JsonValue, type ModelConfig } from '@tract/checkpoint';
import { writeFileAtomically } from './atomic.js';
import { withoutPlace } from './data-sets.js';
import { dataError, failure, usageError } from './errors.js';
import { locateModel, type StoredModel } from './model-folder.js';

/** A measurement of a model: what came out, by the keys that commands print, and all that it depends on. */
export type Score = {
  readonly values: Readonly<Record<string, number | readonly number[]>>;
  readonly steps: number;
  readonly seed: number;
  readonly samples: number;
  readonly reference: string;
  readonly extractor: string;
  /** The sampler and its options, the mode, the hash of the weights and what else the command knows. */
  readonly [circumstance: string]: JsonValue;
};

/**
 * The measurements that a model's config.json keeps, by number of steps. Older ones keep those of one extractor, reference and count as distances by steps.
 * @throws CliError (bad data) for what is neither.
 */
export function scoresOf({ path, scores = [] }: { readonly path: string; readonly scores?: JsonValue }): readonly Score[] {
  const rows = isRecord(scores) && isRecord(scores.frechetDistance) ? rowsOf(scores, scores.frechetDistance) : scores;
  if (!Array.isArray(rows) || !rows.every(isScore))
    throw dataError(`${path}: expected 'scores' in config.json to be a list of measurements`);
  return [...(rows as readonly Score[])].sort((a, b) => a.steps - b.steps);
}

const rowsOf = ({ frechetDistance: _, count, ...facts }: JsonRecord, distances: JsonRecord): JsonValue[] =>
  Object.entries(distances).map(([steps, distance]) => ({
    values: { frechet_distance: distance },
    steps: Number(steps),
    ...facts,
    samples: count,
  }));

type JsonRecord = { readonly [name: string]: JsonValue };

const isRecord = (value: unknown): value is JsonRecord => typeof value === 'object' && value !== null && !Array.isArray(value);

const isScore = (row: unknown): boolean =>
  isRecord(row) &&
  isRecord(row.values) &&
  Object.values(row.values).every((value) => [value].flat().every(Number.isFinite)) &&
  [row.steps, row.seed, row.samples].every(Number.isFinite) &&
  [row.reference, row.extractor].every((value) => typeof value === 'string');

/** Looks, before anything is measured, whether a score can be kept. @throws CliError (usage) for a model without a config.json of its own. */
export function requireRecordable(model: StoredModel): void {
  const { config } = locateModel(model.path);
  if (!existsSync(config)) throw usageError(`--record: ${model.path} has no config.json to keep a score in; give a model folder`);
}

/**
 * Keeps a score in the config.json of the model that was measured, in the place of the same measurement if there is one.
 * @returns the file.
 * @throws CliError (failed) when the model is no longer the one that was measured, WriteError.
 */
export function recordScore(model: StoredModel, score: Score): string {
  const { config: path } = locateModel(model.path);
  const now = decodeModelConfig(readFileSync(path), path);
  if (withoutScores(now) !== withoutScores(model.config))
    throw failure(`${path} was written anew while the model was measured; the score is of the model before and was not recorded`);
  const rows = scoresOf({ path: model.path, scores: now.scores });
  const kept = rows.filter((row) => circumstances(row) !== circumstances(score));
  const same = rows.find((row) => circumstances(row) === circumstances(score));
  const merged = { ...score, values: { ...same?.values, ...score.values } };
  writeFileAtomically(path, `${JSON.stringify({ ...now, scores: [...kept, merged] }, null, 2)}\n`);
  return path;
}

const withoutScores = ({ scores: _, ...config }: ModelConfig): string => JSON.stringify(config);

const circumstances = ({ values: _, ...facts }: Score): string =>
  JSON.stringify(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));

/** A reference as others can read it: the name of a data set or of a file, without its place on this machine. */
export const referenceName = (reference: string): string =>
  /^(mnist|cifar10|imagenet64|folder|zip)([:=]|$)/.test(reference) ? withoutPlace(reference) : basename(reference);

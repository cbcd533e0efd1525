import type { JsonValue } from '@tract/checkpoint';
import { invalidData } from './scores-error.js';

/** A measurement of a model: the values by the keys that commands print, and everything that they depend on. */
export type Score = {
  readonly values: Readonly<Record<string, number | readonly number[]>>;
  readonly steps: number;
  readonly seed: number;
  readonly samples: number;
  readonly reference: string;
  readonly extractor: string;
  /** Other circumstances: the sampler and its options, the mode, the hash of the weights. */
  readonly [circumstance: string]: JsonValue;
};

/**
 * Read the measurements in `scores` of a model's config.json, by number of steps. Older ones hold distances by steps of one extractor,
 * reference and count.
 * @throws ScoresError for what is neither; the message begins with `source`.
 */
export function parseScores(scores: JsonValue | undefined, source: string): readonly Score[] {
  const rows = isRecord(scores) && isRecord(scores.frechetDistance) ? rowsOf(scores, scores.frechetDistance) : (scores ?? []);
  if (!Array.isArray(rows) || !rows.every(isScore))
    throw invalidData(`${source}: expected 'scores' in config.json to be a list of measurements`);
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

/** Add a measurement to others; one of the same circumstances keeps its other values and gives up its place. */
export function addScore(scores: readonly Score[], score: Score): readonly Score[] {
  const isSame = (row: Score): boolean => circumstances(row) === circumstances(score);
  return [...scores.filter((row) => !isSame(row)), { ...score, values: { ...scores.find(isSame)?.values, ...score.values } }];
}

const circumstances = ({ values: _, ...facts }: Score): string =>
  JSON.stringify(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));

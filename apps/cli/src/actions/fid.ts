import type { Images } from '@tract/images';
import type { FeatureKind, ImageSeries, InputMode } from '@tract/metrics';
import { inSteps, withCommas } from '@tract/report';
import {
  compareSides,
  fewSamplesWarning,
  kindsFor,
  type ReadImageOptions,
  type ReadyExtractor,
  type Score,
  type Scores,
  ScoresError,
  type Side,
  type Wanted,
} from '@tract/scores';
import { startBackend } from '../computing/backend.js';
import { interruptible, type Pause } from '../computing/signals.js';
import { dataError, usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { chooseExtractor, startExtractor } from '../measuring/choose-extractor.js';
import { sideWithProgress } from '../measuring/features.js';
import { type MeasureSource, readMeasureSource } from '../measuring/image-source.js';
import { recordScore, referenceName, requireRecordable } from '../measuring/kept-scores.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import type { ComputeOptions } from '../options/common-options.js';

/** How a side becomes features. */
export type MeasureOptions = ComputeOptions & {
  readonly mode: InputMode;
  readonly features: string;
  readonly weights?: string;
  readonly count?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly batch: number;
  readonly cache: boolean;
  readonly json?: boolean;
};

export type FidOptions = MeasureOptions & {
  readonly kid?: boolean;
  readonly prdc?: boolean;
  readonly is?: boolean;
  readonly sfid?: boolean;
  readonly extrapolate?: number;
  /** Keeps the scores with the model. */
  readonly record?: boolean;
};

/** Images that a model draws unless told. */
const drawnImages = 10_000;

/** Prints how far A is from B: the Fréchet distance and what else is asked for. */
export async function fid(io: Io, a: string, b: string, options: FidOptions): Promise<void> {
  const colours = coloursFor(options.features);
  const sources = [await readMeasureSource(a, colours), await readMeasureSource(b, colours)] as const;
  const { kid, prdc, is, sfid, extrapolate } = options;
  const wanted: Wanted = { kid, prdc, is, sfid, extrapolate, seed: options.seed ?? 0 };
  // Features, not statistics, are what these compare; a file that holds both gives the images then.
  if (options.record) requireModel(sources[0]);
  const needsRows = [kid || prdc || is || extrapolate !== undefined, kid || prdc] as const;
  sources.forEach((source) => void requireDrawing(source, options));
  const isReady = sources.every((source, i) => source.statistics && !(needsRows[i] && source.images));
  const loaded = isReady ? undefined : await chooseExtractor(options);
  // Also between statistics: the distance of 2,048 features is native work.
  await startBackend(io, options);
  const kinds = kindsFor(wanted);
  const result = await interruptible('nothing was measured', async (pause) => {
    const ready = loaded && startExtractor(io, loaded);
    try {
      const samples = await measureSide(io, sources[0], ready, kinds.samples, needsRows[0] === true, options, pause);
      // --count is of the samples; of the reference only where it has to be drawn.
      const { count, ...whole } = options;
      const ofReference = sources[1].model ? options : whole;
      const reference = await measureSide(io, sources[1], ready, kinds.reference, needsRows[1] === true, ofReference, pause);
      warnOfFew(io, [samples, reference], options);
      const isInception = options.features === 'inception';
      const distance = isInception ? 'frechet_inception_distance' : 'frechet_distance';
      const scores = compare(samples, reference, wanted, distance, warnOn(io));
      return { scores, samples, reference, ready };
    } finally {
      ready?.free();
    }
  });
  const { model } = sources[0];
  tell(io, options, result, options.record && model ? recordScore(model, scoreOf(options, result)) : undefined);
}

/** Return the colours that an extractor takes: that of digits knows grey, the others are of RGB, into which programs of FID turn every picture. */
export const coloursFor = (features: string): ReadImageOptions => ({ colour: features === 'digits' ? 'same' : 'rgb' });

/** Compute the scores; name the option of one that needs images. @throws CliError (usage), ScoresError */
function compare(...sides: Parameters<typeof compareSides>): Scores {
  try {
    return compareSides(...sides);
  } catch (error) {
    throw error instanceof ScoresError && error.kind === 'needs-images' ? usageError(`--${error.message}`) : error;
  }
}

/** @throws CliError (usage) for --record of what is no model folder. */
function requireModel({ name, model }: MeasureSource): void {
  if (!model) throw usageError(`--record keeps the scores of a model, but ${name} is none; leave it out`);
  requireRecordable(model);
}

/** @throws CliError (usage) for a model without --steps. */
export function requireDrawing({ name, model }: MeasureSource, { steps }: MeasureOptions): void {
  if (model && steps === undefined) throw usageError(`${name} is a model: add --steps, such as --steps ${model.samplingSteps[0] ?? 64}`);
}

export function warnOfFew(io: Io, sides: readonly Side[], { silent }: MeasureOptions): void {
  for (const words of sides.map(fewSamplesWarning)) if (words && !silent) io.err(`${words}\n`);
}

/** A source's statistics as they are, or those of its images' features. */
export async function measureSide(
  io: Io,
  source: MeasureSource,
  ready: ReadyExtractor | undefined,
  kinds: readonly FeatureKind[],
  needsRows: boolean,
  options: MeasureOptions,
  pause: Pause,
): Promise<Side> {
  if (source.statistics && !(needsRows && source.images)) {
    if (options.count !== undefined) io.err(`${source.name} holds statistics, of which --count takes no part\n`);
    return { name: source.name, statistics: source.statistics };
  }
  const { silent, cache } = options;
  const lacking = kinds.find((kind) => !ready!.extractor.kinds.includes(kind));
  if (lacking) throw usageError(`${ready!.extractor.name} gives no ${lacking}; --is and --sfid need --features inception`);
  const images = await imagesOf(io, source, options, pause);
  return sideWithProgress(io, source.name, images, ready!, kinds, { needsRows, silent, pause, cache });
}

async function imagesOf(
  io: Io,
  { name, images, model }: MeasureSource,
  options: MeasureOptions,
  pause: Pause,
): Promise<Images | ImageSeries> {
  const { count, steps = 1, seed = 0, batch, silent } = options;
  if (model) {
    const phase = `drawing from ${name}, ${inSteps(steps)}`;
    return drawWithProgress(io, model, { steps, count: count ?? drawnImages, seed, batch, silent, phase }, pause);
  }
  if (count === undefined || count === images!.count) return images!;
  if (count > images!.count) throw dataError(`${name} has ${withCommas(images!.count)} images, fewer than --count ${count}`);
  return { ...images!, count };
}

type Result = { readonly scores: Scores; readonly samples: Side; readonly reference: Side; readonly ready?: ReadyExtractor };

/** The scores as a model keeps them. */
function scoreOf({ mode, steps = 1, seed = 0 }: FidOptions, { scores, samples, reference, ready }: Result): Score {
  const [here, there] = [samples, reference].map(({ statistics }) => statistics.features);
  return {
    values: scores,
    ...{ steps, seed, samples: here.count, reference: referenceName(reference.name), reference_samples: there.count },
    ...{ extractor: ready!.extractor.name, features: here.mean.length, mode },
    ...(ready?.weights && { weights_sha256: ready.weights }),
  };
}

function tell(io: Io, { json, mode, steps, seed }: FidOptions, { scores, samples, reference, ready }: Result, recorded?: string): void {
  const [here, there] = [samples, reference].map(({ statistics }) => statistics.features);
  const facts = {
    samples: here.count || null,
    reference: reference.name,
    reference_samples: there.count || null,
    features: here.mean.length,
    ...(ready && { extractor: ready.extractor.name, mode }),
    ...(ready?.weights && { weights_sha256: ready.weights }),
    ...(steps !== undefined && { steps, seed: seed ?? 0 }),
    ...(recorded !== undefined && { recorded }),
  };
  const width = Math.max(...Object.keys(scores).map((name) => name.length));
  const shown = (value: number | readonly number[]) => (typeof value === 'number' ? [value] : value).map(digits).join(' ');
  report(io, json === true, { source: samples.name, ...scores, ...facts }, [
    ...Object.entries(scores).map(([name, value]) => `${name.padEnd(width)} ${shown(value)}`),
    `${'samples'.padEnd(width)} ${countOf(here.count)} from ${samples.name}`,
    `${'reference'.padEnd(width)} ${countOf(there.count)} from ${reference.name}`,
    `${'extractor'.padEnd(width)} ${ready ? `${ready.extractor.name}, ` : 'that of the statistics, '}${here.mean.length} features`,
    ...(recorded === undefined ? [] : [`${'recorded'.padEnd(width)} in ${recorded}`]),
  ]);
}

const digits = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 1 ? 6 : 4));
const countOf = (count: number): string => (count > 0 ? `${withCommas(count)} images` : 'an unknown number of images');

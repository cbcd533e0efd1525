import { type Sampling, samplingOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { compareSides, kindsFor, type ReadyExtractor, type Score, type Scores, ScoresError, type Side, type Wanted } from '@tract/scores';
import { startBackend } from '../computing/backend.js';
import { interruptible } from '../computing/interruptible.js';
import { usageError } from '../errors.js';
import { type Io, report, warnOn } from '../io.js';
import { chooseExtractor, isClassifierSet, startExtractor } from '../measuring/choose-extractor.js';
import { isModelName } from '../measuring/image-source.js';
import { recordScore, referenceName, requireRecordable } from '../measuring/kept-scores.js';
import { checkSources, givenSampling, type MeasureOptions, measureSide, readSide, warnOfFew } from '../measuring/measure-side.js';
import { stepsOf } from '../models/steps-of.js';

export type FidOptions = MeasureOptions & {
  readonly kid?: boolean;
  readonly prdc?: boolean;
  readonly is?: boolean;
  readonly sfid?: boolean;
  readonly extrapolate?: number;
  /** Keep the scores with the model. */
  readonly record?: boolean;
};

/** Print how far A is from B: the Fréchet distance and what else is asked for. */
export async function fid(io: Io, a: string, b: string, options: FidOptions): Promise<void> {
  checkSources([a, b], options);
  if (options.record && !isModelName(a)) throw usageError(`--record keeps the scores of a model, but ${a} is none; leave it out`);
  const sources = [await readSide(a, options), await readSide(b, options)] as const;
  const [{ model }] = sources;
  if (options.record && model) requireRecordable(model);
  const { kid, prdc, is, sfid, extrapolate } = options;
  const wanted: Wanted = { kid, prdc, is, sfid, extrapolate, seed: options.seed ?? 0 };
  // Features, not statistics, are what these compare; a file that holds both gives the images then.
  const needsRows = [kid || prdc || is || extrapolate !== undefined, kid || prdc] as const;
  const isReady = sources.every((source, i) => source.statistics && !(needsRows[i] && source.images));
  const loaded = isReady ? undefined : await chooseExtractor(options);
  // Also between statistics: the distance of 2,048 features is native work.
  await startBackend(io, options);
  const kinds = kindsFor(wanted);
  const drawn = sources.find((source) => source.model)?.model;
  const steps = drawn && stepsOf(drawn, options.steps);
  const sampling = drawn && { ...samplingOf(drawn, steps!, options), steps: steps! };
  const result = await interruptible('nothing was measured', async (pause): Promise<Result> => {
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
      return { scores: compare(samples, reference, wanted, distance, warnOn(io)), samples, reference, ready, sampling };
    } finally {
      ready?.free();
    }
  });
  tell(io, options, result, options.record && model ? recordScore(model, scoreOf(options, result)) : undefined);
}

/** Compute the scores; name the option of one that needs images. @throws CliError (usage), ScoresError */
function compare(...sides: Parameters<typeof compareSides>): Scores {
  try {
    return compareSides(...sides);
  } catch (error) {
    throw error instanceof ScoresError && error.kind === 'needs-images' ? usageError(`--${error.message}`) : error;
  }
}

type Result = {
  readonly scores: Scores;
  readonly samples: Side;
  readonly reference: Side;
  readonly ready?: ReadyExtractor;
  /** Sampling of the model, where a side is one. */
  readonly sampling?: Sampling & { readonly steps: number };
};

/** Return what the features depend on besides the images; a classifier resizes none, and so has no mode. */
const extractorFacts = ({ features, mode }: FidOptions, { ready }: Result) => ({
  ...(ready && { extractor: ready.extractor.name, ...(!isClassifierSet(features) && { mode }) }),
  ...(ready?.weights && { weights_sha256: ready.weights }),
});

/** Return the scores as a model keeps them, with every option of sampling that was given. */
function scoreOf(options: FidOptions, result: Result): Score {
  const { seed = 0 } = options;
  const { scores: values, samples, reference, ready, sampling } = result;
  const [here, there] = [samples, reference].map(({ statistics }) => statistics.features);
  return {
    ...{ values, steps: sampling!.steps, sampler: sampling!.sampler, nfe: sampling!.nfe },
    ...givenSampling(options),
    ...{ seed, samples: here.count, reference: referenceName(reference.name), reference_samples: there.count },
    ...{ extractor: ready!.extractor.name, features: here.mean.length },
    ...extractorFacts(options, result),
  };
}

function tell(io: Io, options: FidOptions, result: Result, recorded?: string): void {
  const { json, seed = 0 } = options;
  const { scores, samples, reference, ready, sampling } = result;
  const [here, there] = [samples, reference].map(({ statistics }) => statistics.features);
  const facts = {
    samples: here.count || null,
    reference: reference.name,
    reference_samples: there.count || null,
    features: here.mean.length,
    ...extractorFacts(options, result),
    ...(sampling && { steps: sampling.steps, sampler: sampling.sampler, nfe: sampling.nfe, seed }),
    ...(recorded !== undefined && { recorded }),
  };
  const width = Math.max(...Object.keys(scores).map((name) => name.length));
  const shown = (value: number | readonly number[]) => (typeof value === 'number' ? [value] : value).map(digits).join(' ');
  const drawn = sampling ? `, ${inSteps(sampling.steps)} of ${sampling.sampler}, seed ${seed}` : '';
  report(io, json === true, { source: samples.name, ...scores, ...facts }, [
    ...Object.entries(scores).map(([name, value]) => `${name.padEnd(width)} ${shown(value)}`),
    `${'samples'.padEnd(width)} ${countOf(here.count)} from ${samples.name}${drawn}`,
    `${'reference'.padEnd(width)} ${countOf(there.count)} from ${reference.name}`,
    `${'extractor'.padEnd(width)} ${ready ? `${ready.extractor.name}, ` : 'that of the statistics, '}${here.mean.length} features`,
    ...(recorded === undefined ? [] : [`${'recorded'.padEnd(width)} in ${recorded}`]),
  ]);
}

const digits = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 1 ? 6 : 4));
const countOf = (count: number): string => (count > 0 ? `${withCommas(count)} images` : 'an unknown number of images');

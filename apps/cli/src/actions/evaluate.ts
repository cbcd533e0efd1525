import { existsSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Sampling, samplingOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { samplerOptionNames } from '@tract/samplers';
import { type DigitDistance, imagesOfSet, readImages, type Score } from '@tract/scores';
import { startBackend } from '../computing/backend.js';
import { interruptible } from '../computing/signals.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { recordScore, referenceName, requireRecordable } from '../measuring/kept-scores.js';
import { loadDigitReference, measureDigits } from '../measuring/measure-digits.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { readModel } from '../models/model-folder.js';
import type { ComputeOptions } from '../options/common-options.js';
import { checkSet, isSetSpec, loadSet } from '../options/data-sets.js';
import { flagOf } from '../options/flag-of.js';
import { present } from '../options/present.js';
import type { DrawingOptions } from '../options/sampling-options.js';

export type EvaluateOptions = ComputeOptions &
  DrawingOptions & {
    readonly samples: string;
    readonly steps?: number;
    readonly count?: number;
    readonly seed?: number;
    readonly batch: number;
    readonly reference: string;
    /** Keeps the score with the model. */
    readonly record?: boolean;
    readonly json?: boolean;
  };

/** Tell images, in files or a data set, from a model. @throws CliError (usage) for a file that is neither. */
function holdsImages(path: string): boolean {
  if (isSetSpec(path)) return true;
  if (!existsSync(path)) return false;
  if (statSync(path).isDirectory()) return !existsSync(join(path, 'model.safetensors'));
  const extension = extname(path).toLowerCase();
  const isImages = ['.npz', '.npy', '.zip'].includes(extension);
  if (!isImages && extension !== '.safetensors')
    throw usageError(`--samples ${path}: expected an npz, npy, zip or folder of images, a data set such as mnist:train, or a MODEL`);
  return isImages;
}

/** Options that say how to draw, as scores keep them. */
const samplingOptions = [...samplerOptionNames, 'sigmaMin', 'sigmaMax', 'rho', 'class'] as const;
const drawingOptions = ['steps', 'count', 'seed', 'sampler', ...samplingOptions] as const;

/** The score as a model keeps it, with every option of sampling that was given. */
function scoreOf(
  { frechet_distance, features, samples, reference, reference_samples, extractor }: DigitDistance,
  { sampler, nfe }: Sampling,
  { steps, seed }: { readonly steps: number; readonly seed: number },
  options: EvaluateOptions,
): Score {
  const given = present(Object.fromEntries(samplingOptions.map((name) => [name, options[name]])));
  const facts = { reference: referenceName(reference), reference_samples, extractor, features };
  return { values: { frechet_distance }, steps, sampler, nfe, ...given, seed, samples, ...facts };
}

/** Prints the distance between images, read or drawn here, and a data set. */
export async function evaluate(io: Io, options: EvaluateOptions): Promise<void> {
  const { samples: source, reference } = options;
  checkSet(reference);
  const isReady = holdsImages(source);
  const given = drawingOptions.find((name) => options[name] !== undefined);
  if (isReady && given)
    throw usageError(`${flagOf(given)} is for drawing from a model, but --samples ${source} holds images; leave it out`);
  if (isReady && options.record) throw usageError(`--record is for a model, but --samples ${source} holds images; leave it out`);
  const ready = isReady ? await (isSetSpec(source) ? loadSet(checkSet(source)).then(imagesOfSet) : readImages(source)) : undefined;
  const model = isReady ? undefined : readModel(source);
  if (options.record && model) requireRecordable(model);
  if (model && options.steps === undefined)
    throw usageError(`--samples ${source} is a model: add --steps, such as --steps ${model.samplingSteps[0] ?? 64}`);
  const drawing = { ...options, steps: options.steps ?? 1, count: options.count ?? 10_000, seed: options.seed ?? 0 };
  if (model && drawing.count < 2) throw usageError(`--count ${drawing.count} is too few for a distance; expected 2 or more, better 10K`);
  const sampling = model && samplingOf(model, drawing.steps, options);
  await startBackend(io, options);
  const score = await interruptible('nothing was measured', async (pause) => {
    const digits = await loadDigitReference(reference);
    const { silent } = options;
    const images = ready ?? (await drawWithProgress(io, model!, { ...drawing, phase: `drawing, ${inSteps(drawing.steps)}` }, pause));
    return measureDigits(io, images, digits, { silent, pause });
  });
  const value = {
    source,
    ...score,
    ...(sampling && { steps: drawing.steps, sampler: sampling.sampler, nfe: sampling.nfe, seed: drawing.seed }),
  };
  const recorded = options.record && model && sampling ? recordScore(model, scoreOf(score, sampling, drawing, options)) : undefined;
  report(io, options.json === true, { ...value, ...(recorded !== undefined && { recorded }) }, [
    `frechet_distance ${score.frechet_distance.toFixed(4)}`,
    `samples          ${withCommas(score.samples)} from ${source}${sampling ? `, ${inSteps(drawing.steps)} of ${sampling.sampler}, seed ${drawing.seed}` : ''}`,
    `reference        ${score.reference}, ${withCommas(score.reference_samples)} images`,
    `extractor        ${score.extractor}, ${score.features} features`,
    ...(recorded === undefined ? [] : [`recorded         in ${recorded}`]),
  ]);
}

import type { Images } from '@tract/images';
import { type FeatureKind, type ImageSeries, type InputMode, partOfSeries } from '@tract/metrics';
import { samplingOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { samplerOptionNames } from '@tract/samplers';
import {
  featureCacheFolder,
  fewImagesWarning,
  fewSamplesWarning,
  measureImages,
  openFeatureCache,
  type ReadImageOptions,
  type ReadyExtractor,
  requireImagesOf,
  type Side,
} from '@tract/scores';
import type { Pause } from '../computing/interruptible.js';
import { dataError, usageError } from '../errors.js';
import type { Io } from '../io.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { stepsOf } from '../models/steps-of.js';
import type { ComputeOptions } from '../options/common-options.js';
import { flagOf } from '../options/flag-of.js';
import { present } from '../options/present.js';
import type { DrawingOptions } from '../options/sampling-options.js';
import { startProgress } from '../output/progress.js';
import { isClassifierSet } from './choose-extractor.js';
import { checkSource, isModelName, type MeasureSource, readMeasureSource } from './image-source.js';

/** Options of turning a side into features. */
export type MeasureOptions = ComputeOptions &
  DrawingOptions & {
    readonly mode: InputMode;
    readonly features: string;
    readonly weights?: string;
    readonly count?: number;
    /** Number of the first of the images. Default: 0. */
    readonly first?: number;
    readonly steps?: number;
    readonly seed?: number;
    readonly batch: number;
    /** Take features from the cache and keep them there. */
    readonly cache?: boolean;
    readonly json?: boolean;
  };

/** Default number of images that are drawn from a model. */
export const drawnImages = 10_000;

const samplingOptions = [...samplerOptionNames, 'sigmaMin', 'sigmaMax', 'rho', 'class'] as const;
const drawingOptions = ['steps', 'sampler', ...samplingOptions] as const;

/** Return the options of sampling that were given, besides the sampler itself, as scores keep them. */
export const givenSampling = (options: DrawingOptions) => present(Object.fromEntries(samplingOptions.map((name) => [name, options[name]])));

/** Check the names of the sides, and the options that only a model takes, before anything is read. @throws CliError (usage) */
export function checkSources(names: readonly string[], options: MeasureOptions): void {
  names.forEach(checkSource);
  const given = drawingOptions.find((name) => options[name] !== undefined);
  if (given && !names.some(isModelName))
    throw usageError(`${flagOf(given)} is for drawing from a model, but there is none among ${names.join(', ')}; leave it out`);
}

/** Read a side and check that it can be measured with these options. @throws CliError, SamplingError, ScoresError, DataError or CheckpointError */
export async function readSide(name: string, options: MeasureOptions): Promise<MeasureSource> {
  const { features, count = drawnImages } = options;
  const source = await readMeasureSource(name, coloursFor(features));
  const { model, images } = source;
  if (model) {
    const steps = stepsOf(model, options.steps);
    if (count < 2) throw usageError(`--count ${count} is too few for a distance; expected 2 or more, better 10K`);
    samplingOf(model, steps, options);
  }
  const { imageSize = 0, inChannels = 0 } = model?.network ?? {};
  const size = model ? { height: imageSize, width: imageSize, channels: inChannels } : images;
  if (isClassifierSet(features) && size && !source.statistics) requireImagesOf(features, name, size);
  return source;
}

/** Return the colours that an extractor takes: classifiers know those of their sets, the others are of RGB, into which programs of FID turn every picture. */
const coloursFor = (features: string): ReadImageOptions => ({ colour: isClassifierSet(features) ? 'same' : 'rgb' });

/** Warn of sides whose number of images says more about the distance than the images do. */
export function warnOfFew(io: Io, sides: readonly Side[], { silent, features }: MeasureOptions): void {
  if (silent) return;
  for (const side of sides) {
    const { count } = side.statistics.features;
    const fewForClassifier = isClassifierSet(features) ? fewImagesWarning(count) : undefined;
    const words = fewSamplesWarning(side) ?? (fewForClassifier && `${side.name} has ${fewForClassifier}`);
    if (words) io.err(`${words}\n`);
  }
}

/** Return a source's statistics as they are, or those of its images' features. */
export async function measureSide(
  io: Io,
  source: MeasureSource,
  ready: ReadyExtractor | undefined,
  kinds: readonly FeatureKind[],
  needsRows: boolean,
  options: MeasureOptions,
  pause: Pause,
): Promise<Side> {
  const { name, statistics } = source;
  if (statistics && !(needsRows && source.images)) {
    if (options.count !== undefined) io.err(`${name} holds statistics, of which --count takes no part\n`);
    return { name, statistics };
  }
  const lacking = kinds.find((kind) => !ready!.extractor.kinds.includes(kind));
  if (lacking) throw usageError(`${ready!.extractor.name} gives no ${lacking}; --is and --sfid need --features inception`);
  const images = await imagesOf(io, source, options, pause);
  const progress = startProgress(io, { unit: 'images', silent: options.silent });
  const onBatch = async (done: number): Promise<void> => {
    progress.tick({ done, total: images.count, phase: `reading ${name}` });
    await pause();
  };
  try {
    const cache = options.cache ? openFeatureCache(featureCacheFolder(), (sentence) => io.err(`${sentence}\n`)) : undefined;
    return await measureImages(images, ready!, kinds, { source: name, needsRows, cache, onBatch });
  } finally {
    progress.end();
  }
}

async function imagesOf(
  io: Io,
  { name, images, model }: MeasureSource,
  options: MeasureOptions,
  pause: Pause,
): Promise<Images | ImageSeries> {
  const { count, first = 0, seed = 0 } = options;
  if (model) {
    const steps = stepsOf(model, options.steps);
    const phase = `drawing from ${name}, ${inSteps(steps)}`;
    return drawWithProgress(io, model, { ...options, steps, count: count ?? drawnImages, seed, phase }, pause);
  }
  if (count === undefined || count === images!.count) return images!;
  if (first + count > images!.count) throw dataError(`${name} has ${withCommas(images!.count)} images, fewer than --count ${count}`);
  return partOfSeries(images!, first, count);
}

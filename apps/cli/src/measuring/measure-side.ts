import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Images } from '@tract/images';
import type { FeatureKind, ImageSeries, InputMode } from '@tract/metrics';
import { samplingOf } from '@tract/model';
import { inSteps, withCommas } from '@tract/report';
import { samplerOptionNames } from '@tract/samplers';
import {
  fewDigits,
  fewSamplesWarning,
  measureImages,
  openFeatureCache,
  type ReadImageOptions,
  type ReadyExtractor,
  requireDigits,
  type Side,
} from '@tract/scores';
import type { Pause } from '../computing/signals.js';
import { dataError, usageError } from '../errors.js';
import type { Io } from '../io.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import type { ComputeOptions } from '../options/common-options.js';
import { flagOf } from '../options/flag-of.js';
import type { DrawingOptions } from '../options/sampling-options.js';
import { startProgress } from '../output/progress.js';
import { checkSource, isModelName, type MeasureSource, readMeasureSource } from './image-source.js';

/** Options of turning a side into features. */
export type MeasureOptions = ComputeOptions &
  DrawingOptions & {
    readonly mode: InputMode;
    readonly features: string;
    readonly weights?: string;
    readonly count?: number;
    readonly steps?: number;
    readonly seed?: number;
    readonly batch: number;
    /** Take features from the cache and keep them there. */
    readonly cache?: boolean;
    readonly json?: boolean;
  };

/** Default number of images that are drawn from a model. */
const drawnImages = 10_000;

/** Options of sampling besides the sampler itself, as scores keep them. */
export const samplingOptions = [...samplerOptionNames, 'sigmaMin', 'sigmaMax', 'rho', 'class'] as const;
const drawingOptions = ['steps', 'sampler', ...samplingOptions] as const;

/** Check the names of the sides, and the options that only a model takes, before anything is read. @throws CliError (usage) */
export function checkSources(names: readonly string[], options: MeasureOptions): void {
  names.forEach(checkSource);
  const given = drawingOptions.find((name) => options[name] !== undefined);
  if (given && !names.some(isModelName))
    throw usageError(`${flagOf(given)} is for drawing from a model, but there is none among ${names.join(', ')}; leave it out`);
}

/** Read a side and check that it can be measured with these options. @throws CliError, SamplingError, ScoresError, DataError or CheckpointError */
export async function readSide(name: string, options: MeasureOptions): Promise<MeasureSource> {
  const { features, steps, count = drawnImages } = options;
  const source = await readMeasureSource(name, coloursFor(features));
  const { model, images } = source;
  if (model) {
    if (steps === undefined) throw usageError(`${name} is a model: add --steps, such as --steps ${model.samplingSteps[0] ?? 64}`);
    if (count < 2) throw usageError(`--count ${count} is too few for a distance; expected 2 or more, better 10K`);
    samplingOf(model, steps, options);
  }
  const { imageSize = 0, inChannels = 0 } = model?.network ?? {};
  const size = model ? { height: imageSize, width: imageSize, channels: inChannels } : images;
  if (features === 'digits' && size && !source.statistics) requireDigits(name, size);
  return source;
}

/** Return the colours that an extractor takes: that of digits knows grey, the others are of RGB, into which programs of FID turn every picture. */
const coloursFor = (features: string): ReadImageOptions => ({ colour: features === 'digits' ? 'same' : 'rgb' });

/** Warn of sides whose number of images says more about the distance than the images do. */
export function warnOfFew(io: Io, sides: readonly Side[], { silent, features }: MeasureOptions): void {
  if (silent) return;
  for (const side of sides) {
    const { count } = side.statistics.features;
    const fewForDigits = features === 'digits' && count > 0 && count < fewDigits;
    const words =
      fewSamplesWarning(side) ??
      (fewForDigits
        ? `${side.name} has only ${withCommas(count)} images: the distance comes out too high; use ${withCommas(fewDigits)} or more`
        : undefined);
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
    const cache = options.cache ? openFeatureCache(cacheFolder(), (sentence) => io.err(`${sentence}\n`)) : undefined;
    return await measureImages(images, ready!, kinds, { source: name, needsRows, cache, onBatch });
  } finally {
    progress.end();
  }
}

/** Return the folder of the feature cache: TRACT_CACHE, or `tract/features` in the user's cache folder. */
const cacheFolder = (): string =>
  process.env.TRACT_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tract', 'features');

async function imagesOf(
  io: Io,
  { name, images, model }: MeasureSource,
  options: MeasureOptions,
  pause: Pause,
): Promise<Images | ImageSeries> {
  const { count, steps = 1, seed = 0 } = options;
  if (model) {
    const phase = `drawing from ${name}, ${inSteps(steps)}`;
    return drawWithProgress(io, model, { ...options, steps, count: count ?? drawnImages, seed, phase }, pause);
  }
  if (count === undefined || count === images!.count) return images!;
  if (count > images!.count) throw dataError(`${name} has ${withCommas(images!.count)} images, fewer than --count ${count}`);
  return { ...images!, count };
}

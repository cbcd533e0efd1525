import { join } from 'node:path';
import { sha256OfFile } from '@tract/checkpoint/node';
import type { Share } from '@tract/distributed';
import { doShards, readShards, type ShardWork } from '@tract/distributed/node';
import { samplingOf } from '@tract/model';
import { withCommas } from '@tract/report';
import { encodeStatistics, mergeStatisticsFiles } from '@tract/scores';
import { makeFolder, requireRoom, writeFileAtomically, writeFolderAtomically } from '@tract/train/node';
import { startBackend } from '../computing/backend.js';
import { interruptible, type Pause } from '../computing/interruptible.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { chooseExtractor, isClassifierSet, startExtractor } from '../measuring/choose-extractor.js';
import { checkSources, drawnImages, givenSampling, measureSide, readSide } from '../measuring/measure-side.js';
import { drawWithProgress } from '../models/draw-with-progress.js';
import { locateModel, type StoredModel } from '../models/model-folder.js';
import { stepsOf } from '../models/steps-of.js';
import type { ComputeOptions } from '../options/common-options.js';
import type { DrawingOptions } from '../options/sampling-options.js';
import type { InShards } from '../options/sharding-options.js';
import { imagesNpz } from '../output/image-files.js';
import { type FidOptions, fid } from './fid.js';

/** Do the shards of this process, and say which. `after` is what may be done when all are there. */
async function inShards(
  io: Io,
  { shards, shard, out, json }: InShards,
  total: number,
  work: ShardWork,
  make: (share: Share, pause: Pause) => Promise<ReadonlyMap<string, Uint8Array>>,
  after: string,
): Promise<void> {
  requireRoom(join(out, 'shard'));
  makeFolder(out);
  const of = { folder: out, shards: shards!, shard, total, work, writeFolder: writeFolderAtomically };
  const { made, found } = await interruptible('shards that are whole are kept, and the same command does the others', (pause) =>
    doShards(of, (share) => make(share, pause)),
  );
  const list = (numbers: readonly number[]): string => (numbers.length > 0 ? numbers.join(', ') : 'none');
  report(io, json === true, { out, shards, made, found }, [
    `${out}: of ${shards} shards made ${list(made)}; there already ${list(found)}; ${after}`,
  ]);
}

/** Name everything that the images of a model depend on. */
const drawingWork = (model: StoredModel, steps: number, options: DrawingOptions, seed: number, count: number): ShardWork => ({
  ...{ model: sha256OfFile(locateModel(model.path).weights), steps, sampler: samplingOf(model, steps, options).sampler, seed, count },
  ...givenSampling(options),
});

type SampleShardsOptions = ComputeOptions &
  DrawingOptions &
  InShards & { readonly count: number; readonly steps: number; readonly seed: number };

/** Draw the images of shards, each into an images.npz. */
export async function sampleShards(io: Io, model: StoredModel, options: SampleShardsOptions): Promise<void> {
  const { count, steps, seed } = options;
  const work = { do: 'sample', ...drawingWork(model, steps, options, seed, count) };
  await startBackend(io, options);
  const make = async (share: Share, pause: Pause): Promise<ReadonlyMap<string, Uint8Array>> => {
    const images = await drawWithProgress(io, model, { ...options, ...share }, pause);
    return new Map([['images.npz', imagesNpz(images)]]);
  };
  await inShards(io, options, count, work, make, 'images 0 to the last are in their order');
}

/** Measure the features of shards of the samples, each into a features.npz of count, mean and covariance. */
export async function fidShards(io: Io, name: string, options: FidOptions & InShards): Promise<void> {
  const taken = (['kid', 'prdc', 'is', 'sfid', 'extrapolate', 'record'] as const).find((option) => options[option]);
  if (taken) throw usageError(`--${taken} needs all images at once; leave it out, or leave out --shards`);
  checkSources([name], options);
  const source = await readSide(name, options);
  if (source.statistics && !source.images && !source.model)
    throw usageError(`${name} holds statistics, which are measured already; leave out --shards`);
  const loaded = await chooseExtractor(options);
  await startBackend(io, options);
  const { seed = 0 } = options;
  const total = options.count ?? (source.model ? drawnImages : source.images!.count);
  if (total < 2 * options.shards!)
    throw usageError(`${options.shards} shards of ${withCommas(total)} images have less than 2 each; give fewer --shards`);
  const ready = startExtractor(io, loaded);
  const { extractor, weights } = ready;
  const of = source.model
    ? drawingWork(source.model, stepsOf(source.model, options.steps), options, seed, total)
    : { images: name, count: total };
  const work = {
    do: 'fid',
    ...of,
    extractor: extractor.name,
    ...(weights && { weights }),
    ...(!isClassifierSet(options.features) && { mode: options.mode }),
  };
  try {
    const make = async (share: Share, pause: Pause): Promise<ReadonlyMap<string, Uint8Array>> => {
      const { statistics } = await measureSide(io, source, ready, ['features'], false, { ...options, ...share }, pause);
      return new Map([['features.npz', encodeStatistics(statistics)]]);
    };
    await inShards(io, options, total, work, make, `the score of all: tract fid merge ${options.out} REFERENCE`);
  } finally {
    ready.free();
  }
}

/** Put shards together, in their order: the same bytes whoever did them and when; then score them. */
export async function fidMerge(io: Io, folder: string, reference: string, options: FidOptions): Promise<void> {
  const { work, paths } = readShards(folder);
  if (work.do !== 'fid') throw usageError(`${folder} holds shards of tract ${work.do}; expected those of tract fid --shards`);
  const merged = join(folder, 'merged.npz');
  writeFileAtomically(merged, encodeStatistics(await mergeStatisticsFiles(paths.map((path) => join(path, 'features.npz')))));
  await fid(io, merged, reference, options);
}

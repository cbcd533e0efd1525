import { dirname, extname } from 'node:path';
import { startBackend } from '../backend.js';
import { usageError } from '../errors.js';
import { chooseExtractor } from '../fid/extractors.js';
import { readMeasurable } from '../fid/measurable.js';
import { writeStatistics } from '../fid/statistics-file.js';
import { makeFolder, requireRoom } from '../folders.js';
import { type Io, report } from '../io.js';
import { withCommas } from '../quantity.js';
import { interruptible } from '../signals.js';
import { type MeasureOptions, measureSide, requireDrawing, warnOfFew } from './fid.js';

export type FidStatsOptions = MeasureOptions & { readonly out: string; readonly sfid?: boolean };

/** Writes the statistics of a set's features, for comparing with it many times. */
export async function fidStats(io: Io, data: string, options: FidStatsOptions): Promise<void> {
  const { out, sfid, json } = options;
  if (extname(out).toLowerCase() !== '.npz') throw usageError(`--out ${out} must end in .npz`);
  requireRoom(out);
  const source = await readMeasurable(data);
  requireDrawing(source, options);
  const makeExtractor = source.statistics ? undefined : await chooseExtractor(io, options);
  if (makeExtractor) await startBackend(io, options);
  const side = await interruptible('nothing was written', async (pause) => {
    const ready = makeExtractor?.();
    try {
      return await measureSide(io, source, ready, sfid ? ['features', 'spatial'] : ['features'], false, options, pause);
    } finally {
      ready?.free();
    }
  });
  warnOfFew(io, [side], options);
  makeFolder(dirname(out));
  writeStatistics(out, side.statistics);
  const { count, mean } = side.statistics.features;
  report(io, json === true, { source: data, out, samples: count || null, features: mean.length }, [
    `${out}: mu and sigma of ${mean.length} features of ${count > 0 ? `${withCommas(count)} images` : 'an unknown number of images'} from ${data}`,
  ]);
}

import { dirname, extname } from 'node:path';
import { withCommas } from '@tract/report';
import { encodeStatistics } from '@tract/scores';
import { makeFolder, requireRoom, writeFileAtomically } from '@tract/train/node';
import { startBackend } from '../computing/backend.js';
import { interruptible } from '../computing/interruptible.js';
import { usageError } from '../errors.js';
import { type Io, report } from '../io.js';
import { chooseExtractor, startExtractor } from '../measuring/choose-extractor.js';
import { checkSources, type MeasureOptions, measureSide, readSide, warnOfFew } from '../measuring/measure-side.js';

export type FidStatsOptions = MeasureOptions & { readonly out: string; readonly sfid?: boolean };

/** Write the statistics of a set's features, for comparing with it many times. */
export async function fidStats(io: Io, data: string, options: FidStatsOptions): Promise<void> {
  const { out, sfid, json } = options;
  if (extname(out).toLowerCase() !== '.npz') throw usageError(`--out ${out} must end in .npz`);
  requireRoom(out);
  checkSources([data], options);
  const source = await readSide(data, options);
  const loaded = source.statistics ? undefined : await chooseExtractor(options);
  if (loaded) await startBackend(io, options);
  const side = await interruptible('nothing was written', async (pause) => {
    const ready = loaded && startExtractor(io, loaded);
    try {
      return await measureSide(io, source, ready, sfid ? ['features', 'spatial'] : ['features'], false, options, pause);
    } finally {
      ready?.free();
    }
  });
  warnOfFew(io, [side], options);
  makeFolder(dirname(out));
  writeFileAtomically(out, encodeStatistics(side.statistics));
  const { count, mean } = side.statistics.features;
  report(io, json === true, { source: data, out, samples: count || null, features: mean.length }, [
    `${out}: mu and sigma of ${mean.length} features of ${count > 0 ? `${withCommas(count)} images` : 'an unknown number of images'} from ${data}`,
  ]);
}

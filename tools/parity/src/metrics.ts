import { featureStatistics, frechetDistance, inceptionScore, precisionRecall, wholeKernelDistance } from '@tract/metrics';
import { type Finding, relativeError } from './compare.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';

/** The reference takes roots of matrices that are nearly singular. */
const tolerance = 1e-6;

/** Metrics of given features `a`, `b`, `rankDeficient.a`, `rankDeficient.b` and class `probabilities`; the results are settings. */
export const metrics: Kind = {
  name: 'metrics',
  recognises: (file) => file.hasSetting('frechet(a,b)') && file.has('a') && file.has('b'),
  usesBackend: false,
  check: async (file) => {
    const single = (what: string, ours: number): Finding => ({ what, error: relativeError([ours], [file.number(what)]), tolerance });
    const findings = [
      single('frechet(a,b)', frechetDistance(statisticsOf(file, 'a'), statisticsOf(file, 'b'))),
      single('frechet(rankDeficient)', frechetDistance(statisticsOf(file, 'rankDeficient.a'), statisticsOf(file, 'rankDeficient.b'))),
      single('kid(a,b)', wholeKernelDistance(file.floats('a'), file.floats('b'), columnsOf(file, 'a'))),
      single('inceptionScore(one split)', scoreOf(file)),
    ];
    return [...findings, ...neighbourFindings(file)];
  },
};

function columnsOf(file: GoldenFile, name: string): number {
  const shape = file.shape(name);
  if (shape.length !== 2) throw new BrokenFile(`tensor '${name}' must be [rows, columns], got shape [${shape}]`);
  return shape[1];
}

/** Our statistics of the features `name`. */
export const statisticsOf = (file: GoldenFile, name: string) => featureStatistics(file.floats(name), columnsOf(file, name));

const scoreOf = (file: GoldenFile): number =>
  inceptionScore(file.floats('probabilities'), columnsOf(file, 'probabilities'), { splits: 1 }).mean;

const neighbourSetting = 'prdc(real=b,fake=a,k=3)';

function neighbourFindings(file: GoldenFile): Finding[] {
  const expected = file.setting(neighbourSetting);
  if (typeof expected !== 'object' || expected === null)
    throw new BrokenFile(`its metadata '${neighbourSetting}' must be a map of numbers`);
  const ours: Readonly<Record<string, number>> = precisionRecall(file.floats('b'), file.floats('a'), columnsOf(file, 'a'));
  return Object.entries(expected).map(([name, value]) => ({
    what: `${neighbourSetting} ${name}`,
    error: relativeError([ours[name]], [value]),
    tolerance,
  }));
}

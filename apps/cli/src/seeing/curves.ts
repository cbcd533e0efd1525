import { linePlot, type Mark, type Point, thinPoints } from '@tract/plot';
import { measures, type StatsLine } from './stats-line.js';

type Measure = keyof typeof measures;

/** More points are not told apart on a screen. */
const mostPoints = 500;

/** A number of the log over the images seen, as SVG: by its logarithm where it spans more than a decade. Undefined for an empty log. */
export function curve(log: readonly StatsLine[], measure: Measure): string | undefined {
  const lines = log.filter((line) => line[measure] !== undefined);
  if (lines.length === 0) return undefined;
  const values = lines.map((line) => line[measure]! * (measure === 'rssBytes' ? 2 ** -20 : 1));
  const points = thinPoints(
    values.map((value, i): Point => [lines[i].images, value]),
    mostPoints,
  );
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const highest = values.reduce((a, b) => Math.max(a, b));
  const isWide = lowest > 0 && highest > 10 * lowest;
  return linePlot({
    title: measures[measure],
    x: { label: 'training images' },
    y: { label: measure === 'rssBytes' ? 'MB' : measures[measure], scale: isWide ? 'log10' : 'linear' },
    lines: [{ name: measures[measure], points }],
    marks: phaseMarks(lines),
  });
}

/** Where the phases of a distillation begin. */
const phaseMarks = (lines: readonly StatsLine[]): Mark[] =>
  lines.flatMap(({ phase, images }, i) =>
    phase !== undefined && phase !== lines[i - 1]?.phase ? [{ at: i === 0 ? 0 : images, label: phase }] : [],
  );

import { linePlot, type Mark, type Point, thinPoints } from '@tract/plot';
import { type LogLine, measures } from './run-record.js';

/** Most points of a curve; more cannot be told apart on a screen. */
const mostPoints = 500;

/**
 * Plot one number of the log over the training images seen, as SVG: on a logarithmic axis if it is positive and spans more than a decade.
 * @returns undefined if no line of the log has the number.
 */
export function runCurve(log: readonly LogLine[], measure: keyof typeof measures): string | undefined {
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

/** Mark where the phases of a distillation begin. */
const phaseMarks = (lines: readonly LogLine[]): Mark[] =>
  lines.flatMap(({ phase, images }, i) =>
    phase !== undefined && phase !== lines[i - 1]?.phase ? [{ at: i === 0 ? 0 : images, label: phase }] : [],
  );

import { escaped } from './svg-text.js';
import { linearTicks, tickText } from './ticks.js';

/** Some measurements of one thing, each a number ≥ 0. */
export type Dots = { readonly name: string; readonly values: readonly number[] };

export type DotPlot = { readonly title: string; readonly x: string; readonly rows: readonly Dots[] };

const [axis, leastLeft, top, rowHeight] = [380, 240, 52, 28];
/** Width of a letter, on the safe side: a name that is cut off at the edge says something else. */
const letter = 6.7;

const text = (x: number, y: number, anchor: string, content: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="currentColor"${more}>${escaped(content)}</text>`;

/**
 * A plot of measurements, a row for each thing: every value is a dot, their mean an upright stroke, on one axis from 0. One SVG element, which is also a file;
 * a page may colour it as `linePlot`'s.
 *
 * @throws RangeError when there is nothing to draw, or a value that is not finite and ≥ 0.
 */
export function dotPlot({ title, x, rows }: DotPlot): string {
  const values = rows.flatMap((row) => row.values);
  if (values.length === 0) throw new RangeError('dotPlot: expected at least one value');
  const wrong = values.find((value) => !(Number.isFinite(value) && value >= 0));
  if (wrong !== undefined) throw new RangeError(`dotPlot: expected finite numbers ≥ 0, got ${wrong}`);
  const left = Math.max(leastLeft, Math.ceil(20 + letter * Math.max(...rows.map(({ name }) => name.length))));
  const right = left + axis;
  const width = right + 20;
  const ticks = linearTicks(Math.max(...values));
  const place = (value: number): number => left + (value / ticks[ticks.length - 1]) * (right - left);
  const bottom = top + rows.length * rowHeight;
  const grid = ticks.flatMap((tick) => [
    `<line x1="${place(tick).toFixed(1)}" y1="${top}" x2="${place(tick).toFixed(1)}" y2="${bottom}" stroke="currentColor" stroke-opacity="0.15"/>`,
    text(place(tick), bottom + 18, 'middle', tickText(tick)),
  ]);
  const lines = rows.flatMap(({ name, values: own }, i) => {
    const y = top + (i + 0.5) * rowHeight;
    const mean = place(own.reduce((sum, value) => sum + value, 0) / own.length).toFixed(1);
    return [
      text(left - 10, y + 4, 'end', name),
      ...own.map((value) => `<circle cx="${place(value).toFixed(1)}" cy="${y}" r="4" fill="#0072b2" fill-opacity="0.7"/>`),
      ...(own.length > 0 ? [`<line x1="${mean}" y1="${y - 9}" x2="${mean}" y2="${y + 9}" stroke="#d55e00" stroke-width="2"/>`] : []),
    ];
  });
  const height = bottom + 48;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" color="#333" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    '<rect class="paper" width="100%" height="100%" fill="#fff"/>',
    text(width / 2, 26, 'middle', title, ' font-size="15"'),
    ...grid,
    ...lines,
    text((left + right) / 2, bottom + 38, 'middle', x),
    '</svg>',
    '',
  ].join('\n');
}

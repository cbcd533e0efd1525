import { escaped } from './svg-text.js';
import type { Point } from './thin-points.js';
import { decadeTicks, linearTicks, powerTicks, type Scale, tickText } from './ticks.js';

/** Values ≥ 0 on a linear axis, which begins at 0, and > 0 on the others. */
export type Axis = { readonly label: string; readonly scale?: Scale };

/** Points in the order of x. */
export type Line = { readonly name: string; readonly points: readonly Point[] };

/** Something that happened at x: an upright line with a word beside it. */
export type Mark = { readonly at: number; readonly label: string };

export type Plot = {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** One to four. */
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
};

const size = { width: 640, height: 400 };
const area = { left: 64, right: 620, top: 60, bottom: 344 };
// Distinguishable also without colour vision (Okabe and Ito's), and by the form of the line.
const styles = [
  { color: '#0072b2', dash: '' },
  { color: '#d55e00', dash: '6 3' },
  { color: '#009e73', dash: '2 3' },
  { color: '#cc79a7', dash: '8 3 2 3' },
] as const;

type Style = (typeof styles)[number];

/** Points that are shown one by one; more of them are a curve. */
const fewPoints = 24;

const at = (value: number): string => String(Number(value.toFixed(1)));

const text = (x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string, more = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}" fill="currentColor"${more}>${escaped(content)}</text>`;
const segment = (x1: number, y1: number, x2: number, y2: number, more = ''): string =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="currentColor"${more}/>`;
const stroke = ({ color, dash }: Style): string => `stroke="${color}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;

/** Ticks along an axis, and where a value lies between its ends. */
type Ruler = { readonly ticks: readonly number[]; readonly place: (value: number) => number };

function ruler({ scale = 'linear' }: Axis, values: readonly number[], from: number, to: number): Ruler {
  const [lowest, highest] = values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const ticks = { linear: () => linearTicks(highest), log2: () => powerTicks(lowest, highest), log10: () => decadeTicks(lowest, highest) }[
    scale
  ]();
  const along = scale === 'linear' ? (value: number) => value : Math.log2;
  const [first, last] = [along(ticks[0]), along(ticks.at(-1)!)];
  return { ticks, place: (value) => from + ((along(value) - first) / (last - first)) * (to - from) };
}

function axes({ x: { label: xLabel }, y: { label: yLabel } }: Plot, x: Ruler, y: Ruler): string[] {
  const [middleX, middleY] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  return [
    ...y.ticks.flatMap((tick) => [
      segment(area.left, y.place(tick), area.right, y.place(tick), ' stroke-opacity="0.15"'),
      text(area.left - 8, y.place(tick) + 4, 'end', tickText(tick)),
    ]),
    ...x.ticks.flatMap((tick) => [
      segment(x.place(tick), area.bottom, x.place(tick), area.bottom + 5),
      text(x.place(tick), area.bottom + 20, 'middle', tickText(tick)),
    ]),
    segment(area.left, area.bottom, area.right, area.bottom),
    segment(area.left, area.top, area.left, area.bottom),
    text(middleX, area.bottom + 42, 'middle', xLabel),
    text(18, middleY, 'middle', yLabel, ` transform="rotate(-90 18 ${at(middleY)})"`),
  ];
}

const marking = ({ at: value, label }: Mark, x: Ruler): string[] => [
  segment(x.place(value), area.top, x.place(value), area.bottom, ' stroke-opacity="0.5" stroke-dasharray="3 3"'),
  text(x.place(value) + 5, area.top + 12, 'start', label, ' font-size="11"'),
];

function curve({ points }: Line, style: Style, x: Ruler, y: Ruler): string[] {
  const placed = points.map(([px, py]) => [at(x.place(px)), at(y.place(py))]);
  const dots = placed.length <= fewPoints ? placed.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${style.color}"/>`) : [];
  return [`<polyline fill="none" ${stroke(style)} points="${placed.map((pair) => pair.join(',')).join(' ')}"/>`, ...dots];
}

/** Beside each other above the axes; one line needs none. */
const legend = (lines: readonly Line[]): string[] =>
  lines.length === 1
    ? []
    : lines.flatMap(({ name }, i) => {
        const x = area.left + i * 140;
        return [`<line x1="${x}" y1="46" x2="${x + 30}" y2="46" ${stroke(styles[i])}/>`, text(x + 38, 50, 'start', name)];
      });

/**
 * A line plot as one SVG element, which is also a file. Dark on white by itself; a page may colour it by CSS: `.plot` has the colour of
 * axes and letters, `.plot .paper` the ground.
 * @throws RangeError when there is nothing to draw, more than four lines, or a value that its axis cannot show.
 */
export function linePlot(plot: Plot): string {
  const { title, lines, marks = [] } = plot;
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0 || lines.length > styles.length) {
    throw new RangeError(`linePlot: expected one to ${styles.length} lines with points, got ${lines.length} with ${points.length}`);
  }
  for (const [i, axis] of [plot.x, plot.y].entries())
    requireShown(
      axis,
      points.map((point) => point[i]),
    );
  const x = ruler(
    plot.x,
    points.map(([px]) => px),
    area.left,
    area.right,
  );
  const y = ruler(
    plot.y,
    points.map(([, py]) => py),
    area.bottom,
    area.top,
  );
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" color="#333" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    '<rect class="paper" width="100%" height="100%" fill="#fff"/>',
    text(size.width / 2, 26, 'middle', title, ' font-size="15"'),
    ...axes(plot, x, y),
    ...marks.flatMap((mark) => marking(mark, x)),
    ...lines.flatMap((line, i) => curve(line, styles[i], x, y)),
    ...legend(lines),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function requireShown({ label, scale = 'linear' }: Axis, values: readonly number[]): void {
  const isShown = scale === 'linear' ? (value: number) => value >= 0 : (value: number) => value > 0;
  const wrong = values.find((value) => !(Number.isFinite(value) && isShown(value)));
  if (wrong !== undefined)
    throw new RangeError(`linePlot: the ${scale} axis '${label}' shows finite numbers ${scale === 'linear' ? '≥' : '>'} 0, got ${wrong}`);
}

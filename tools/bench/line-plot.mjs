/**
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly (readonly [x: number, y: number])[]} points in the order of x
 *
 * @typedef {object} Plot x > 0 on an axis of powers of two, y ≥ 0 on a linear one from 0
 * @property {string} title
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {readonly Line[]} lines at most four
 */

const size = { width: 640, height: 400 };
const area = { left: 64, right: 620, top: 48, bottom: 344 };
// Distinguishable also without colour vision (Okabe and Ito's), and by the form of the line.
const styles = [
  { color: '#0072b2', dash: '' },
  { color: '#d55e00', dash: '6 3' },
  { color: '#009e73', dash: '2 3' },
  { color: '#cc79a7', dash: '8 3 2 3' },
];

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => text.replace(/[&<>"]/g, (character) => escapes[character]);
const at = (value) => String(Number(value.toFixed(1)));

/** Round numbers from 0 to the first at or above `highest`, four to eight steps: 1, 2 or 5 times a power of ten apart. */
export function linearTicks(highest) {
  if (!(highest > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => highest / candidate <= 8);
  return Array.from({ length: Math.ceil(highest / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** The powers of two from the last at or below `lowest` to the first at or above `highest`, two at least. */
export function powerTicks(lowest, highest) {
  const first = Math.floor(Math.log2(lowest));
  const last = Math.max(first + 1, Math.ceil(Math.log2(highest)));
  return Array.from({ length: last - first + 1 }, (_, i) => 2 ** (first + i));
}

const text = (x, y, anchor, content, more = '') =>
  `<text x="${at(x)}" y="${at(y)}" text-anchor="${anchor}"${more}>${escaped(content)}</text>`;
const segment = (x1, y1, x2, y2, color) => `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${color}"/>`;
const stroke = ({ color, dash }) => `stroke="${color}" stroke-width="2"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}`;

function axes({ xLabel, yLabel }, xTicks, yTicks, x, y) {
  const [middleX, middleY] = [(area.left + area.right) / 2, (area.top + area.bottom) / 2];
  return [
    ...yTicks.flatMap((tick) => [
      segment(area.left, y(tick), area.right, y(tick), tick === 0 ? '#333' : '#ddd'),
      text(area.left - 8, y(tick) + 4, 'end', String(tick)),
    ]),
    ...xTicks.flatMap((tick) => [
      segment(x(tick), area.bottom, x(tick), area.bottom + 5, '#333'),
      text(x(tick), area.bottom + 20, 'middle', String(tick)),
    ]),
    segment(area.left, area.top, area.left, area.bottom, '#333'),
    text(middleX, area.bottom + 42, 'middle', xLabel),
    text(18, middleY, 'middle', yLabel, ` transform="rotate(-90 18 ${at(middleY)})"`),
  ];
}

const curve = ({ points }, style, x, y) => [
  `<polyline fill="none" ${stroke(style)} points="${points.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(' ')}"/>`,
  ...points.map(([px, py]) => `<circle cx="${at(x(px))}" cy="${at(y(py))}" r="3" fill="${style.color}"/>`),
];

// Above the end of the x-axis, where throughput is never low.
const legend = (lines) =>
  lines.flatMap(({ name }, i) => {
    const [x, y] = [area.right - 150, area.bottom - 14 - 18 * (lines.length - 1 - i)];
    return [`<line x1="${x}" y1="${y}" x2="${x + 30}" y2="${y}" ${stroke(styles[i])}/>`, text(x + 38, y + 4, 'start', name)];
  });

/** A line plot as one SVG file. @param {Plot} plot @throws RangeError when there is nothing to draw, or more than four lines */
export function linePlot(plot) {
  const points = plot.lines.flatMap((line) => line.points);
  if (points.length === 0 || plot.lines.length > styles.length) {
    throw new RangeError(`linePlot: expected one to ${styles.length} lines with points, got ${plot.lines.length} with ${points.length}`);
  }
  const xs = points.map(([px]) => px);
  const xTicks = powerTicks(Math.min(...xs), Math.max(...xs));
  const yTicks = linearTicks(Math.max(...points.map(([, py]) => py)));
  const [first, last] = [Math.log2(xTicks[0]), Math.log2(xTicks.at(-1))];
  const x = (value) => area.left + ((Math.log2(value) - first) / (last - first)) * (area.right - area.left);
  const y = (value) => area.bottom - (value / yTicks.at(-1)) * (area.bottom - area.top);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(plot.title)}">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    text(size.width / 2, 26, 'middle', plot.title, ' font-size="15"'),
    ...axes(plot, xTicks, yTicks, x, y),
    ...plot.lines.flatMap((line, i) => curve(line, styles[i], x, y)),
    ...legend(plot.lines),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

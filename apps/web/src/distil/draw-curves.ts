/** Points (x, y) of one course; one to compare with is drawn quietly. */
export type Curve = { readonly name: string; readonly points: [x: number, y: number][]; readonly quiet?: boolean };

export type Axes = { readonly x: string; readonly y: string; readonly from: number; readonly to: number };

const colours = ['--warm', '--accent'];
const space = { left: 52, right: 12, top: 30, bottom: 40 };

/** Round numbers to label a logarithmic axis with. */
const ticksOf = (low: number, high: number): number[] =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((tick) => tick >= low && tick <= high);

/** Draw courses over a linear x and a logarithmic y, with their names; in the colours of the page. */
export function drawCurves(canvas: HTMLCanvasElement, curves: readonly Curve[], { x, y, from, to }: Axes): void {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  Object.assign(canvas, { width: width * scale, height: height * scale });
  const context = canvas.getContext('2d')!;
  const style = getComputedStyle(canvas);
  context.scale(scale, scale);
  context.font = '13px sans-serif';
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  if (values.length === 0 || width === 0) return;
  const [low, high] = [Math.min(...values) * 0.8, Math.max(...values) * 1.25];
  const toX = (value: number): number => space.left + ((value - from) / (to - from)) * (width - space.left - space.right);
  const toY = (value: number): number =>
    height - space.bottom - (Math.log(value / low) / Math.log(high / low)) * (height - space.top - space.bottom);

  context.fillStyle = style.getPropertyValue('--soft');
  context.strokeStyle = style.getPropertyValue('--line');
  for (const tick of ticksOf(low, high)) {
    context.beginPath();
    context.moveTo(space.left, toY(tick));
    context.lineTo(width - space.right, toY(tick));
    context.stroke();
    context.textAlign = 'right';
    context.fillText(`${tick}`, space.left - 6, toY(tick) + 4);
  }
  context.textAlign = 'left';
  context.fillText(y, 8, 18);
  context.fillText(from.toLocaleString('en'), space.left, height - space.bottom + 16);
  context.textAlign = 'right';
  context.fillText(to.toLocaleString('en'), width - space.right, height - space.bottom + 16);
  context.textAlign = 'center';
  context.fillText(x, (space.left + width - space.right) / 2, height - 8);

  curves.forEach(({ name, points, quiet = false }, i) => {
    if (points.length === 0) return;
    context.strokeStyle = context.fillStyle = style.getPropertyValue(quiet ? '--soft' : colours[i % colours.length]);
    context.lineWidth = quiet ? 1 : 2;
    context.setLineDash(quiet ? [5, 4] : []);
    context.beginPath();
    for (const [at, value] of points) context.lineTo(toX(at), toY(value));
    context.stroke();
    if (!quiet) for (const [at, value] of points) context.fillRect(toX(at) - 2, toY(value) - 2, 4, 4);
    // Courses that end together are named on the way, one below and one above.
    const [at, value] = quiet ? points[points.length - 1] : points[Math.round(0.6 * (points.length - 1))];
    const isBelow = !quiet && i % 2 === 0;
    context.textAlign = quiet || isBelow ? 'right' : 'left';
    context.fillText(name, toX(at) + (quiet || isBelow ? -8 : 8), toY(value) + (isBelow ? 14 : -8));
  });
}

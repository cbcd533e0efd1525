type Shape = readonly number[];

/** One axis of a strided copy: its length, and how far x and y move along it, in elements. */
export type Axis = { readonly size: number; readonly x: number; readonly y: number };

const MAX_AXES = 6;

/** Return the row-major strides of a shape. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = [];
  let step = 1;
  for (let i = shape.length - 1; i >= 0; step *= shape[i], i--) strides.unshift(step);
  return strides;
}

/** Drop axes of length 1 and join neighbours that are contiguous on both sides. */
function joinAxes(axes: readonly Axis[]): Axis[] {
  const joined: Axis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const last = joined.at(-1);
    if (last !== undefined && last.x === axis.x * axis.size && last.y === axis.y * axis.size)
      joined[joined.length - 1] = { ...axis, size: last.size * axis.size };
    else joined.push(axis);
  }
  return joined;
}

/**
 * List sizes, x strides and y strides for the kernel 'stridedCopy', whose last two axes are one tile: the axis along which y is contiguous
 * comes last, the one along which x is contiguous before it, so that a transpose works in small squares. Undefined above 6 axes.
 */
export function planStridedCopy(axes: readonly Axis[]): number[] | undefined {
  const joined = joinAxes(axes);
  const last = joined.pop() ?? { size: 1, x: 1, y: 1 };
  if (last.x !== 1) {
    const inner = joined.findIndex(({ x }) => x === 1);
    if (inner >= 0) joined.push(...joined.splice(inner, 1));
  }
  if (joined.length === 0) joined.push({ size: 1, x: 0, y: 0 });
  joined.push(last);
  if (joined.length > MAX_AXES) return undefined;
  return [...joined.map(({ size }) => size), ...joined.map(({ x }) => x), ...joined.map(({ y }) => y)];
}

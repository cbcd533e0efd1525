/** Lengths of the axes of a tensor, outermost first; a scalar has shape []. */
export type Shape = readonly number[];

/** Number of elements of a shape (1 for a scalar). */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Show a shape in an error message: [2,3]. */
export const showShape = (shape: Shape): string => `[${shape.join(',')}]`;

/** @throws RangeError when a length is not a non-negative integer. */
export function checkShape(where: string, shape: Shape): void {
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw new RangeError(`${where}: a shape holds non-negative integers, got ${showShape(shape)}`);
    }
  }
}

/** @throws RangeError when `axis` does not name an axis of a tensor of this rank. Negative axes count from the end. */
export function resolveAxis(where: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new RangeError(`${where}: axis must be an integer in [${-rank}, ${rank - 1}] for rank ${rank}, got ${axis}`);
  }
  return resolved;
}

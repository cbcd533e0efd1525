/** The map (x, y) → (a·x + b·y + tx, c·x + d·y + ty) of the plane as [a, b, tx, c, d, ty]. Here x runs to the right, y down, from the middle of an image, in pixels. */
export type Affine = readonly [a: number, b: number, tx: number, c: number, d: number, ty: number];

export const identity: Affine = [1, 0, 0, 0, 1, 0];
export const scaling = (x: number, y: number): Affine => [x, 0, 0, 0, y, 0];
export const translation = (x: number, y: number): Affine => [1, 0, x, 0, 1, y];
/** Turn x towards y, which looks clockwise since y runs down. */
export const rotation = (angle: number): Affine => [Math.cos(angle), -Math.sin(angle), 0, Math.sin(angle), Math.cos(angle), 0];

export const mapPoint = ([a, b, tx, c, d, ty]: Affine, x: number, y: number): [x: number, y: number] => [
  a * x + b * y + tx,
  c * x + d * y + ty,
];

/** The product of matrices: the last map is applied first. */
export const product = (...maps: readonly Affine[]): Affine => maps.reduce(timesMap, identity);

function timesMap([a, b, tx, c, d, ty]: Affine, inner: Affine): Affine {
  const [ia, ib, itx, ic, id, ity] = inner;
  return [a * ia + b * ic, a * ib + b * id, a * itx + b * ity + tx, c * ia + d * ic, c * ib + d * id, c * itx + d * ity + ty];
}

export const isIdentity = (map: Affine): boolean => map.every((value, i) => value === identity[i]);

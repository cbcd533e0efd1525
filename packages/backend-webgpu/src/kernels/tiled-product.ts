import type { Shader } from '../shader.js';

const tile = 32;
const deep = 16;
const side = 8;

/** A matrix product whose factors are functions, so that a convolution is one too without its matrix ever being made. */
export type TiledProduct = {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly numbers: readonly string[];
  /** WGSL with `fn left(row: u32, k: u32, z: u32) -> f32` and `fn right(k: u32, column: u32, z: u32) -> f32`; asked for within bounds only. */
  readonly factors: string;
  /** What is stored of `sum` at `row` and `column`; the sum itself unless told. */
  readonly value?: string;
};

/**
 * y[z, row, column] = sum over k of left(row, k, z)·right(k, column, z), for k in the z-th range of `n.chunk` where the depth is cut. Each of a
 * group's 64 threads works out 4x4 elements of a tile of 32x32, whose factors the group loads once for 16 k at a time.
 */
export const tiledProduct = ({ name, inputs, numbers, factors, value = 'sum' }: TiledProduct): Shader => ({
  name,
  inputs,
  outputs: ['y'],
  numbers: ['rows: u32', 'columns: u32', 'depth: u32', 'chunk: u32', ...numbers],
  workgroup: [side, side],
  declarations: `${factors}
var<workgroup> leftTile: array<f32, ${tile * deep}>;
var<workgroup> rightTile: array<f32, ${tile * deep}>;
fn four(at: u32) -> vec4f { return vec4f(rightTile[at], rightTile[at + 1u], rightTile[at + 2u], rightTile[at + 3u]); }`,
  code: `let firstRow = group.y * ${tile}u;
  let firstColumn = group.x * ${tile}u;
  let begin = select(0u, group.z * n.chunk, n.chunk > 0u);
  let end = select(n.depth, min(begin + n.chunk, n.depth), n.chunk > 0u);
  let myRow = local / ${side}u * 4u;
  let myColumn = local % ${side}u * 4u;
  var sums: array<vec4f, 4>;
  for (var k = begin; k < end; k += ${deep}u) {
    for (var i = local; i < ${tile * deep}u; i += ${side * side}u) {
      let leftRow = firstRow + i / ${deep}u;
      let leftK = k + i % ${deep}u;
      leftTile[i % ${deep}u * ${tile}u + i / ${deep}u] = 0.0;
      if (leftRow < n.rows && leftK < end) { leftTile[i % ${deep}u * ${tile}u + i / ${deep}u] = left(leftRow, leftK, group.z); }
      let rightK = k + i / ${tile}u;
      let rightColumn = firstColumn + i % ${tile}u;
      rightTile[i] = 0.0;
      if (rightK < end && rightColumn < n.columns) { rightTile[i] = right(rightK, rightColumn, group.z); }
    }
    workgroupBarrier();
    for (var i = 0u; i < ${deep}u; i++) {
      let b = four(i * ${tile}u + myColumn);
      for (var r = 0u; r < 4u; r++) { sums[r] += leftTile[i * ${tile}u + myRow + r] * b; }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < 4u; r++) {
    for (var c = 0u; c < 4u; c++) {
      let row = firstRow + myRow + r;
      let column = firstColumn + myColumn + c;
      if (row < n.rows && column < n.columns) {
        let sum = sums[r][c];
        y[(group.z * n.rows + row) * n.columns + column] = ${value};
      }
    }
  }`,
});

/** Groups for a result of so many rows and columns, `layers` times. */
export const tilesOf = (rows: number, columns: number, layers = 1): [number, number, number] => [
  Math.ceil(columns / tile),
  Math.ceil(rows / tile),
  layers,
];

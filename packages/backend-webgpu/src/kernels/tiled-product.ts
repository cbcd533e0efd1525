import type { Shader } from '../shader.js';

const tile = 32;
/** Steps of the sum for which a group loads its factors at a time. */
const deep = 16;
const side = 8;
const threads = side * side;
/** Fours of neighbours in a line of a tile, and one more, so that the same place of two lines lies in different banks. */
const line = tile / 4 + 1;
/** Fours of either factor that a thread loads at a time. */
const loads = (tile * deep) / 4 / threads;

/** Code for i = 0 ... count − 1, written out: a loop over variables would keep them in memory. */
const each = (count: number, code: (i: number) => string): string => Array.from({ length: count }, (_, i) => code(i)).join('\n  ');

/** A thread's i-th four of rows and of columns, and what is to be known of each row. */
const findFour = (i: number): string => `let four${i} = first + ${(i * threads) / deep};
  let row${i} = firstRow + 4 * four${i};
  let column${i} = firstColumn + 4 * four${i};
  ${each(4, (c) => `let place${i}${c} = rowPlace(row${i} + ${c});`)}`;

/** Store the factors at `depth`, whole: threads may not write to parts of a vector that they share. */
const loadFour = (i: number): string => `var left${i} = vec4f(0.0);
    var right${i} = vec4f(0.0);
    if (inside) {
      ${each(
        4,
        (c) => `if (row${i} + ${c} < n.rows) { left${i}[${c}] = left(place${i}${c}, depth, z); }
      if (column${i} + ${c} < n.columns) { right${i}[${c}] = right(depth, column${i} + ${c}, z); }`,
      )}
    }
    leftTile[lane * ${line} + four${i}] = left${i};
    rightTile[lane * ${line} + four${i}] = right${i};`;

/** A matrix product whose factors are functions, so that a convolution is one too without its matrix ever being made. */
export type TiledProduct = {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly numbers: readonly string[];
  /**
   * WGSL. What is to be worked out for a row or a step of the sum alone, such as divisions, is so once: `fn rowPlace(row: i32) -> vec4i` and
   * `fn depthPlace(k: i32) -> vec4i`. With it `fn left(row: vec4i, depth: vec4i, z: i32) -> f32` and `fn right(depth: vec4i, column: i32, z: i32) -> f32`
   * give the factors; they are asked for within bounds only.
   */
  readonly factors: string;
  /** Expression that is stored for `sum` at `row` and `column`. Default: the sum itself. */
  readonly value?: string;
};

/**
 * y[z, row, column] = sum over k of left(row, k, z)·right(k, column, z), for k in the z-th range of `n.chunk` where the depth is cut. Each of a
 * group's 64 threads works out 4x4 elements of a tile of 32x32, and loads and reads its factors by fours.
 */
export const tiledProduct = ({ name, inputs, numbers, factors, value = 'sum' }: TiledProduct): Shader => ({
  name,
  inputs,
  outputs: ['y'],
  numbers: ['rows: i32', 'columns: i32', 'depth: i32', 'chunk: i32', ...numbers],
  workgroup: [side, side],
  declarations: `${factors}
var<workgroup> leftTile: array<vec4f, ${line * deep}>;
var<workgroup> rightTile: array<vec4f, ${line * deep}>;
fn store(z: i32, row: i32, column: i32, sum: f32) {
  if (row < n.rows && column < n.columns) { y[(z * n.rows + row) * n.columns + column] = ${value}; }
}`,
  code: `let z = i32(group.z);
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
  let begin = select(0, z * n.chunk, n.chunk > 0);
  let end = select(n.depth, min(begin + n.chunk, n.depth), n.chunk > 0);
  let lane = i32(local) % ${deep};
  let first = i32(local) / ${deep};
  ${each(loads, findFour)}
  let myRows = local / ${side}u;
  let myColumns = local % ${side}u;
  ${each(4, (r) => `var sums${r} = vec4f(0.0);`)}
  for (var k = begin; k < end; k += ${deep}) {
    let depth = depthPlace(k + lane);
    let inside = k + lane < end;
    ${each(loads, loadFour)}
    workgroupBarrier();
    for (var i = 0u; i < ${deep}u; i++) {
      let a = leftTile[i * ${line}u + myRows];
      let b = rightTile[i * ${line}u + myColumns];
      ${each(4, (r) => `sums${r} += a[${r}] * b;`)}
    }
    workgroupBarrier();
  }
  let row = firstRow + 4 * i32(myRows);
  let column = firstColumn + 4 * i32(myColumns);
  ${each(4, (r) => each(4, (c) => `store(z, row + ${r}, column + ${c}, sums${r}[${c}]);`))}`,
});

/** Groups for a result of so many rows and columns, `layers` times. */
export const tilesOf = (rows: number, columns: number, layers = 1): [number, number, number] => [
  Math.ceil(columns / tile),
  Math.ceil(rows / tile),
  layers,
];

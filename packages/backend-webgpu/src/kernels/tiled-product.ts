import type { Shader } from '../shader.js';

const tile = 32;
/** Steps of the sum for which a group loads its factors at a time. */
const deep = 16;
const side = 8;
const threads = side * side;
/** Length of a line of a tile in memory: one more than it holds, so that neighbours lie in different banks. */
const line = tile + 1;
/** Elements of either factor that a thread loads at a time. */
const loads = (tile * deep) / threads;

/** Code for i = 0 ... count − 1, written out: a loop over variables would keep them in memory. */
const each = (count: number, code: (i: number) => string): string => Array.from({ length: count }, (_, i) => code(i)).join('\n  ');

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
  /** What is stored of `sum` at `row` and `column`; the sum itself unless told. */
  readonly value?: string;
};

/**
 * y[z, row, column] = sum over k of left(row, k, z)·right(k, column, z), for k in the z-th range of `n.chunk` where the depth is cut. Each of a
 * group's 64 threads works out 4x4 elements of a tile of 32x32.
 */
export const tiledProduct = ({ name, inputs, numbers, factors, value = 'sum' }: TiledProduct): Shader => ({
  name,
  inputs,
  outputs: ['y'],
  numbers: ['rows: i32', 'columns: i32', 'depth: i32', 'chunk: i32', ...numbers],
  workgroup: [side, side],
  declarations: `${factors}
var<workgroup> leftTile: array<f32, ${line * deep}>;
var<workgroup> rightTile: array<f32, ${line * deep}>;
fn store(z: i32, row: i32, column: i32, sum: f32) {
  if (row < n.rows && column < n.columns) { y[(z * n.rows + row) * n.columns + column] = ${value}; }
}
fn four(at: u32) -> vec4f { return vec4f(rightTile[at], rightTile[at + 1u], rightTile[at + 2u], rightTile[at + 3u]); }`,
  code: `let z = i32(group.z);
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
  let begin = select(0, z * n.chunk, n.chunk > 0);
  let end = select(n.depth, min(begin + n.chunk, n.depth), n.chunk > 0);
  let lane = i32(local) % ${deep};
  let first = i32(local) / ${deep};
  ${each(loads, (i) => `let place${i} = rowPlace(firstRow + first + ${(i * tile) / loads});`)}
  let myRow = local / ${side}u * 4u;
  let myColumn = local % ${side}u * 4u;
  ${each(4, (r) => `var sums${r} = vec4f(0.0);`)}
  for (var k = begin; k < end; k += ${deep}) {
    let depth = depthPlace(k + lane);
    let inside = k + lane < end;
    ${each(loads, (i) => {
      const at = `first + ${(i * tile) / loads}`;
      return `leftTile[lane * ${line} + ${at}] = 0.0;
    if (inside && firstRow + ${at} < n.rows) { leftTile[lane * ${line} + ${at}] = left(place${i}, depth, z); }
    rightTile[lane * ${line} + ${at}] = 0.0;
    if (inside && firstColumn + ${at} < n.columns) { rightTile[lane * ${line} + ${at}] = right(depth, firstColumn + ${at}, z); }`;
    })}
    workgroupBarrier();
    for (var i = 0u; i < ${deep}u; i++) {
      let b = four(i * ${line}u + myColumn);
      ${each(4, (r) => `sums${r} += leftTile[i * ${line}u + myRow + ${r}u] * b;`)}
    }
    workgroupBarrier();
  }
  ${each(4, (r) => each(4, (c) => `store(z, firstRow + i32(myRow) + ${r}, firstColumn + i32(myColumn) + ${c}, sums${r}[${c}]);`))}`,
});

/** Groups for a result of so many rows and columns, `layers` times. */
export const tilesOf = (rows: number, columns: number, layers = 1): [number, number, number] => [
  Math.ceil(columns / tile),
  Math.ceil(rows / tile),
  layers,
];

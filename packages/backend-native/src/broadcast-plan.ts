import type { StructArgs } from './kernel-args.js';

type Shape = readonly number[];

/** Walk of an element-wise kernel along two operands: three nested loops over the result, and the step of each operand in each, in elements; 0 repeats. */
export type BroadcastPlan = { readonly y: number[] } & Pick<StructArgs<'BinaryArgs'>, 'lengths' | 'aSteps' | 'bSteps'>;

type Group = { size: number; readonly a: boolean; readonly b: boolean };

const LOOPS = 3;

function resultShape(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** Join neighbouring axes along which the same operands move. */
function groupAxes(shape: Shape, a: Shape, b: Shape): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const moves = { a: (a[i - shape.length + a.length] ?? 1) !== 1, b: (b[i - shape.length + b.length] ?? 1) !== 1 };
    const last = groups.at(-1);
    if (last !== undefined && last.a === moves.a && last.b === moves.b) last.size *= size;
    else groups.push({ size, ...moves });
  });
  while (groups.length < LOOPS) groups.unshift({ size: 1, a: false, b: false });
  return groups;
}

function steps(groups: readonly Group[], operand: 'a' | 'b'): [number, number, number] {
  const [first, second, third] = groups.map((group) => Number(group[operand]));
  const [, columns, rows] = groups.map((group) => (group[operand] ? group.size : 1));
  return [first * columns * rows, second * rows, third];
}

/** Plan the loops. Undefined when the shapes do not broadcast, or not in three loops (equal shapes, scalars, rows, columns and samples all do). */
export function planBroadcast(a: Shape, b: Shape): BroadcastPlan | undefined {
  const shape = resultShape(a, b);
  if (shape === undefined) return undefined;
  const groups = groupAxes(shape, a, b);
  if (groups.length > LOOPS) return undefined;
  const [first, second, third] = groups;
  return { y: shape, lengths: [first.size, second.size, third.size], aSteps: steps(groups, 'a'), bSteps: steps(groups, 'b') };
}

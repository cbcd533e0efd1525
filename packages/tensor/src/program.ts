import { aligned, planArena } from './arena-plan.js';
import { delayedLaunches } from './delayed-launches.js';
import { arena, type KernelTraits, type Launch, type LaunchList, type Value } from './launch-list.js';
import { repeatedLaunches } from './repeated-launches.js';
import { type Shape, sizeOf } from './shape.js';
import { sharedPlaces } from './shared-places.js';

export { arena, type Launch, type Value } from './launch-list.js';

/** A function cannot become a program, for the reason in the message. */
export class NotCompilable extends Error {
  override readonly name = 'NotCompilable';
}

/** Memory that a program's values lie in: the arena, the parameters, an input, or a result. */
export type Space = { readonly name: string; readonly floats: number };

/**
 * A function as a list of kernel launches on symbolic values. It holds no memory and knows no backend: whoever executes it gives an arena of
 * `spaces[0].floats` floats, and memory for every other space.
 *
 * Launches [0, forward) compute the result; launches [forward, end) compute gradients from that of the result and from what the forward part left in the arena.
 */
export type Program = {
  readonly spaces: readonly Space[];
  readonly values: readonly Value[];
  readonly launches: readonly Launch[];
  readonly forward: number;
  readonly resultShape: Shape;
  /** For each leaf of the parameters the number of launches after which its gradient is final; undefined if it has none. Empty if none is wanted. */
  readonly finals: readonly (number | undefined)[];
};

/** The space after the arena. */
export const paramSpace = 1;

/** Collect launches while a function runs on symbolic values. */
export class ProgramBuilder {
  private readonly spaces: { readonly name: string; floats: number }[] = [{ name: 'arena', floats: 0 }];
  private readonly values: { readonly shape: Shape; space: number; offset: number }[] = [];
  private readonly launches: Launch[] = [];
  private forward = 0;

  constructor(private readonly traits?: KernelTraits) {}

  /** Declare memory that is bound at each run. Returns its number. */
  space(name: string, floats: number): number {
    return this.spaces.push({ name, floats }) - 1;
  }

  /** Make a value in the arena, or at an offset of another space. Returns its index. */
  value(shape: Shape, space = arena, offset = 0): number {
    return this.values.push({ shape: [...shape], space, offset }) - 1;
  }

  launch(kernel: string, operands: readonly (number | undefined)[], numbers: readonly number[]): void {
    this.launches.push({ kernel, operands, numbers: [...numbers] });
  }

  /** Have a value of the arena written to another space: its launch then writes there. @throws NotCompilable when it lies in another space already. */
  assign(value: number, space: number, offset = 0): void {
    const target = this.values[value];
    if (target.space !== arena) {
      throw new NotCompilable(
        `a result is '${this.spaces[target.space].name}' itself or a result twice, so there is no launch that writes it`,
      );
    }
    Object.assign(target, { space, offset });
  }

  /** End the forward part: launches from here on are the reverse part. */
  endForward(): void {
    this.forward = this.launches.length;
  }

  spaceOf(value: number): number {
    return this.values[value].space;
  }

  /** Place what is left in the arena by the launches that use it. `grads`: the values that are gradients of the parameters' leaves. */
  finish(resultShape: Shape, grads: readonly (number | undefined)[] = []): Program {
    const { traits } = this;
    const { values, launches, forward } = traits ? repeatedLaunches(delayedLaunches(this.list()), traits.repeated) : this.list();
    const lifetimes = values.map(({ shape }) => ({ floats: sizeOf(shape), born: Number.POSITIVE_INFINITY, dies: 0 }));
    for (const [moment, { operands }] of launches.entries()) {
      for (const operand of operands) {
        if (operand === undefined) continue;
        const lifetime = lifetimes[operand];
        lifetime.born = Math.min(lifetime.born, moment);
        lifetime.dies = moment + 1;
      }
    }
    const finals = grads.map((value) => (value === undefined ? undefined : lifetimes[value].dies));
    const inArena = values.map((_, i) => i).filter((i) => values[i].space === arena);
    const places = sharedPlaces({ values, launches, forward }, lifetimes, traits?.overwrites ?? {});
    const owners = inArena.filter((i) => places[i] === i);
    const plan = planArena(owners.map((i) => lifetimes[i]));
    const offsets = new Map(owners.map((i, k) => [i, plan.offsets[k]]));
    const placed = values.map((value, i) => (value.space === arena ? { ...value, offset: offsets.get(places[i])! } : value));
    const spaces = [{ name: 'arena', floats: aligned(plan.floats) }, ...this.spaces.slice(1)];
    return { spaces, values: placed, launches, forward, resultShape, finals };
  }

  private list(): LaunchList {
    const { values, launches, forward } = this;
    return { values, launches, forward };
  }
}

/** Return how two programs differ: the first line of each that is another, as text; undefined if they are the same. */
export function firstDifference(a: Program, b: Program): string | undefined {
  const [before, after] = [a, b].map((program) => printProgram(program).split('\n'));
  const at = (before.length > after.length ? before : after).findIndex((_, i) => before[i] !== after[i]);
  return at < 0 ? undefined : [before, after].map((lines) => `'${lines[at]?.trim() ?? 'its end'}'`).join(' and ');
}

const megabytes = (floats: number): string => `${((4 * floats) / 2 ** 20).toFixed(2)} MB`;

/** Return a program as text: its spaces, then a line per launch with operands as space+offset[shape]. */
export function printProgram({ spaces, values, launches, forward }: Program): string {
  const show = (operand: number | undefined): string => {
    if (operand === undefined) return '-';
    const { space, offset, shape } = values[operand];
    return `${spaces[space].name}+${offset}[${shape.join(',')}]`;
  };
  const lines = spaces.map(({ name, floats }) => `space ${name}: ${floats} floats (${megabytes(floats)})`);
  for (const [i, { kernel, operands, numbers }] of launches.entries()) {
    if (i === 0) lines.push('forward:');
    if (i === forward) lines.push('reverse:');
    lines.push(`${String(i).padStart(4)} ${kernel}(${operands.map(show).join(', ')}) ${numbers.join(' ')}`.trimEnd());
  }
  return lines.join('\n');
}

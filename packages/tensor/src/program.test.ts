import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KernelTraits } from './launch-list.js';
import { type Program, ProgramBuilder } from './program.js';
import { sizeOf } from './shape.js';

// A launch of `dear` and `cheap` reads some values and makes the last of its operands; `over` may write it over the first.
const traits: KernelTraits = { repeated: new Set(['cheap']), overwrites: { over: { result: 2, operands: [0] } } };
const [large, small] = [2 ** 14, 2 ** 14 + 16];

type Step = { readonly kernel: string; readonly reads: readonly [number, number]; readonly floats: number };

const steps = fc.array(
  fc.record({
    kernel: fc.constantFrom('dear', 'cheap', 'over'),
    reads: fc.tuple(fc.nat(5), fc.nat(5)),
    floats: fc.constantFrom(large, small, 48),
  }),
  { minLength: 1, maxLength: 14 },
);

/** Record steps, each of which reads values that were made so many steps before; what the last of either part makes is a result. */
function program(forward: readonly Step[], reverse: readonly Step[], kernelTraits?: KernelTraits): Program {
  const builder = new ProgramBuilder(kernelTraits);
  builder.space('params', 0);
  const values = [builder.value([large], builder.space('input', large))];
  const record = ({ kernel, reads, floats }: Step): void => {
    const made = builder.value([floats]);
    const [a, b] = reads.map((ago) => values[Math.max(0, values.length - 1 - ago)]);
    builder.launch(kernel, [a, b === a ? undefined : b, made], [values.length]);
    values.push(made);
  };
  forward.forEach(record);
  builder.assign(values.at(-1)!, builder.space('result', large + 16));
  builder.endForward();
  // The reverse part goes back through the forward part's values.
  for (const [i, step] of reverse.entries()) record({ ...step, reads: [step.reads[0], 2 * i + step.reads[1]] });
  if (reverse.length > 0) builder.assign(values.at(-1)!, builder.space('gradient', large + 16));
  return builder.finish([1]);
}

/** Run a program whose kernels mix the first floats of what they read and fill what they make. Returns the first float of each result; each value read must be whole. */
function resultsOf({ spaces, values, launches }: Program): number[] {
  const memory = spaces.map(({ floats }, space) => new Float64Array(floats).fill(space === 0 ? Number.NaN : 1));
  const at = (value: number): Float64Array => {
    const { space, offset, shape } = values[value];
    return memory[space].subarray(offset, offset + sizeOf(shape));
  };
  for (const { operands, numbers } of launches) {
    const [made, ...read] = operands.filter((value) => value !== undefined).reverse();
    let mixed = numbers[0];
    for (const value of read) {
      const floats = at(value);
      expect(floats.every((float) => float === floats[0])).toBe(true);
      mixed = (mixed * 31 + floats[0]) % 65521;
    }
    at(made).fill(mixed);
  }
  return memory.slice(3).map((floats) => floats[0]);
}

test('what is run again, later or in place of another gives the results of the list as recorded', () => {
  fc.assert(
    fc.property(steps, steps, (forward, reverse) => {
      const [plain, frugal] = [program(forward, reverse), program(forward, reverse, traits)];
      expect(resultsOf(frugal)).toEqual(resultsOf(plain));
      expect(frugal.forward).toBe(plain.forward);
    }),
  );
});

const step = (kernel: string, reads: readonly [number, number], floats = large): Step => ({ kernel, reads, floats });
const kernelsOf = ({ launches }: Program): string => launches.map(({ kernel, numbers }) => `${kernel}${numbers[0]}`).join(' ');

test('the reverse part runs a cheap kernel again, just before what it made is needed', () => {
  const forward = [step('dear', [0, 0]), step('cheap', [0, 0]), step('dear', [0, 0]), step('dear', [0, 0])];
  const reverse = [step('dear', [0, 1]), step('dear', [0, 1]), step('dear', [0, 1])];
  expect(kernelsOf(program(forward, reverse))).toBe('dear1 cheap2 dear3 dear4 dear5 dear6 dear7');
  expect(kernelsOf(program(forward, reverse, traits))).toBe('dear1 cheap2 dear3 dear4 dear5 cheap2 dear6 dear7');
});

test('a result takes the place of an operand that nobody needs any more', () => {
  const chain = (last: Step): Program => program([step('dear', [0, 0]), last, step('dear', [0, 0])], [], traits);
  expect(chain(step('over', [0, 1])).spaces[0].floats).toBe(large);
  expect(chain(step('dear', [0, 1])).spaces[0].floats).toBe(2 * large);
});

test('a launch of the reverse part waits until what it makes is needed', () => {
  const reverse = [step('dear', [0, 0]), step('dear', [1, 1], 48), step('dear', [1, 1])];
  expect(kernelsOf(program([step('dear', [0, 0])], reverse, traits))).toBe('dear1 dear3 dear2 dear4');
});

import { z } from 'zod';

/** Schemas of single settings. The messages of each say what it expects, in words that follow "must be". */

export const count = () => whole(1);

export const whole = (least: number) => {
  const expected = `a whole number of at least ${least}`;
  return z.int(expected).min(least, expected);
};

/** A number in (0, most]. */
export const positive = (most: number) => {
  const expected = `a number above 0 and at most ${most}`;
  return z.number(expected).gt(0, expected).max(most, expected);
};

/** A number in [0, most]. */
export const upTo = (most: number) => {
  const expected = `a number of at least 0 and at most ${most}`;
  return z.number(expected).min(0, expected).max(most, expected);
};

/** A number in [0, 1). */
export const momentum = () => {
  const expected = 'a number of at least 0 and below 1';
  return z.number(expected).min(0, expected).lt(1, expected);
};

export const number = (expected = 'a number') => z.number(expected);
export const flag = () => z.boolean('true or false');
export const text = () => {
  const expected = 'text of at least one letter';
  return z.string(expected).min(1, expected);
};
export const oneOf = <const N extends readonly string[]>(names: N) => z.enum(names, `one of ${names.join(', ')}`);
export const listOf = <T extends z.ZodType>(item: T, expected: string) => z.array(item, expected).readonly();
export const counts = () => listOf(count(), 'a list of whole numbers of at least 1, such as [1, 2, 2]');

/** Make the message of a union of mappings about its `kind`. */
export const kindOf =
  (kinds: string) =>
  ({ code }: { readonly code: string }): string =>
    code === 'invalid_type' ? 'a mapping of its settings' : kinds;

/** A schema for each field of a type, and for nothing else. */
export type ShapeOf<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

/** Return what a schema expects, as its own messages say it. */
export const expectationOf = (schema: z.ZodType): string => schema.safeParse(Number.NaN).error?.issues[0].message ?? 'anything';

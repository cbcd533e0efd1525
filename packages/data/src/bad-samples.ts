import { DataError } from './data-error.js';
import type { ReadFailure } from './read-images.js';

/** An image that was passed over, and why. */
export type BadSample = { readonly index: number; readonly reason: string };

export type BadSamples = {
  readonly has: (index: number) => boolean;
  /** Passes over one more image, unless that is known. @throws DataError that names it when it is one too many. */
  readonly add: (failure: ReadFailure) => void;
  readonly list: () => readonly BadSample[];
  /** The error for a set of which nothing is left. */
  readonly allOf: (count: number) => DataError;
};

export type BadSampleOptions = {
  readonly maxBadSamples?: number;
  readonly bad?: readonly BadSample[];
  readonly onBad?: (sample: BadSample) => void;
};

/** The images of a set that are known to be bad. Those of `bad` are, also where that are more than are allowed now. */
export function badSamples({ maxBadSamples = 0, bad = [], onBad }: BadSampleOptions): BadSamples {
  const known = new Map(bad.map((sample) => [sample.index, sample]));
  const add = ({ index, kind, message }: ReadFailure): void => {
    if (known.has(index)) return;
    if (known.size >= maxBadSamples)
      throw new DataError(kind, `${message}; repair or remove it, or allow more bad images than ${maxBadSamples}`);
    const sample = { index, reason: message };
    known.set(index, sample);
    onBad?.(sample);
  };
  const allOf = (count: number): DataError => new DataError('damaged', `none of the ${count} images can be read`);
  return { has: (index) => known.has(index), add, list: () => [...known.values()], allOf };
}

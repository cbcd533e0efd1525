import type { NoiseLevel } from '@tract/schedules';
import type { Denoiser } from './denoiser.js';
import { ModelAnswerError } from './model-answer-error.js';
import type { StepLevels } from './steps.js';
import type { NoiseSpan, Term, VectorSpace } from './vector-space.js';

/** Options that every sampler takes besides its own. */
export type RunOptions<T> = {
  /** Stop the run: the next step, or a model call once it returns, throws the signal's reason. The model sees the signal too. */
  readonly signal?: AbortSignal;
  /** Called after each step; the run waits for it. */
  readonly onStep?: (progress: Progress<T>) => void | Promise<void>;
};

/** One step done: `step` of `total`, counted from 1. The vectors are lent for the call. */
export type Progress<T> = {
  readonly step: number;
  readonly total: number;
  /** The image after the step and its level. */
  readonly xt: T;
  readonly level: NoiseLevel;
  /** The clean image as the step's first model call predicts it: a preview. */
  readonly x0: T;
};

/** A step as the body of a sampler sees it. All vectors made through it are freed after the step, but for the result and those kept. */
export type Step<T> = {
  readonly xt: T;
  readonly from: NoiseLevel;
  readonly to: NoiseLevel;
  readonly index: number;
  readonly total: number;
  /** Vectors that earlier steps kept and the levels these stepped from, newest first; as many as the sampler's memory. */
  readonly past: readonly Kept<T>[];
  /** x0 as the model predicts it. */
  predict(x: T, level: NoiseLevel): Promise<T>;
  combine(...terms: readonly Term<T>[]): T;
  /** A vector made elsewhere, from now on the step's. */
  own(vector: T): T;
  /** Fresh noise of the step as terms: none where the coefficient is 0. */
  noise(coefficient: number, span?: NoiseSpan, index?: number): readonly Term<T>[];
  keep(vector: T): T;
};
export type Kept<T> = { readonly level: NoiseLevel; readonly vector: T };

export type Walk<T> = RunOptions<T> & {
  readonly name: string;
  readonly space: VectorSpace<T>;
  readonly denoise: Denoiser<T>;
  readonly xT: T;
  readonly steps: readonly StepLevels[];
  readonly memory?: number;
};

/**
 * Take xT through the steps. Yields the image after each; it is lent until the next pull, the last one pulled is the caller's, and so is xT.
 * An error, of the model for instance, ends the run and frees everything else.
 *
 * @throws ModelAnswerError when the model's answer is not a vector of the space or not finite.
 */
export async function* walk<T>(
  { name, space, denoise, xT, steps, memory = 0, signal, onStep }: Walk<T>,
  take: (step: Step<T>) => Promise<T>,
): AsyncGenerator<T, void, undefined> {
  const total = steps.length;
  const made = new Set<T>();
  let past: readonly Kept<T>[] = [];
  let result = xT; // the one vector that is the caller's whatever happens
  const own = (vector: T) => {
    made.add(vector);
    return vector;
  };
  const freeAllBut = (...kept: readonly T[]) => {
    for (const vector of made) if (!kept.includes(vector) && made.delete(vector)) space.dispose?.(vector);
  };
  const fault = space.fault?.(xT);
  if (fault) throw new TypeError(`${name}: the start xT ${fault}`);
  try {
    for (const [index, [from, to]] of steps.entries()) {
      const here = `${name}, step ${index + 1} of ${total}`;
      let preview: T | undefined;
      const kept: Kept<T>[] = [];
      const xt = result;
      result = xT;
      signal?.throwIfAborted();
      const next = await take({
        ...{ xt, from, to, index, total, past, own },
        async predict(x, level) {
          const x0 = await denoise(x, level, { step: index, total, signal });
          const fault = x0 == null ? `is ${x0}` : space.fault?.(x0, xT);
          if (fault) throw new ModelAnswerError(here, index, fault);
          own(x0);
          preview ??= x0;
          signal?.throwIfAborted();
          return x0;
        },
        combine(...terms) {
          const needed = terms.filter(([c], i) => {
            if (!Number.isFinite(c)) throw new RangeError(`${here}: levels too extreme, a weight is ${c}`);
            return c !== 0 || i === 0;
          });
          return own(space.combine(needed));
        },
        noise: (coefficient, span = { from, to }, draw = index) =>
          coefficient === 0 ? [] : [[coefficient, own(space.noise(xt, draw, span))]],
        keep(vector) {
          kept.push({ level: from, vector });
          return vector;
        },
      });
      await onStep?.({ step: index + 1, total, xt: next, level: to, x0: preview ?? next });
      past = [...kept, ...past].slice(0, memory);
      freeAllBut(next, ...past.map(({ vector }) => vector));
      result = next;
      yield next;
    }
  } finally {
    freeAllBut(result);
  }
}

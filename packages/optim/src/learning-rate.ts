/** Training progress in [0, 1] → factor on the learning rate, in [0, 1]. */
export type LearningRateSchedule = (progress: number) => number;

/** Always 1. */
export const constantRate: LearningRateSchedule = () => 1;

/**
 * Half a cosine from 1 down to `end`. Source: Loshchilov & Hutter 2017, without restarts.
 *
 * @throws RangeError when end is outside [0, 1].
 */
export function cosineRate(end = 0): LearningRateSchedule {
  if (!(end >= 0 && end <= 1)) throw new RangeError(`cosineRate: end must be in [0, 1], got ${end}`);
  return (progress) => end + ((1 - end) * (1 + Math.cos(Math.PI * progress))) / 2;
}

/** A straight line from 1 down to 0. */
export const linearRate: LearningRateSchedule = (progress) => 1 - progress;

/**
 * Rises in a straight line from 0 during the first part of training, then follows `schedule` (which sees the whole of progress).
 *
 * @param share the part of training that warms up, ≥ 0. 0 changes nothing; above 1 training ends on the way up.
 * @throws RangeError when share is not ≥ 0 and finite.
 */
export function withWarmup(share: number, schedule: LearningRateSchedule = constantRate): LearningRateSchedule {
  if (!(share >= 0 && share < Number.POSITIVE_INFINITY)) throw new RangeError(`withWarmup: share must be ≥ 0, got ${share}`);
  return (progress) => schedule(progress) * (progress < share ? progress / share : 1);
}

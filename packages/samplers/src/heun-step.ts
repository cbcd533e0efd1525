import type { NoiseLevel } from '@tract/schedules';
import type { Step } from './walk.js';

/**
 * Take one of Heun's steps in u = xt / size and s = sigma / size, where the flow is du/ds = (u − x0) / s; a size is alpha, by default, plus a multiple of
 * sigma. Euler's point is DDIM's whatever the size; the mean of both slopes adds (s' − s) / 2s'·(x0 − second) to it, so that nothing cancels where both
 * predictions agree.
 */
export async function heunStep<T>(
  { predict, combine }: Step<T>,
  xt: T,
  from: NoiseLevel,
  to: NoiseLevel,
  sizeOf: (level: NoiseLevel) => number = ({ alpha }) => alpha,
): Promise<T> {
  const [s, next] = [from.sigma / sizeOf(from), to.sigma / sizeOf(to)];
  const x0 = await predict(xt, from);
  const keep = to.sigma / from.sigma;
  const euler = combine([keep, xt], [to.alpha - from.alpha * keep, x0]);
  if (next === 0) return euler;
  const bend = (sizeOf(to) * (next - s)) / (2 * next);
  return combine([bend, x0], [-bend, await predict(euler, to)], [1, euler]);
}

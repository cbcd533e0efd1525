import { requireSteps } from './time-grid.js';

/** Noise scales of ten steps, published for three families. Source: Sabour et al. 2024, "Align Your Steps". */
const published = {
  sd: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
  sdxl: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029],
  svd: [700, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002],
};

/**
 * The steps + 1 noise scales of "Align Your Steps" (AYS) for Stable Diffusion 1.5, SDXL or Stable Video Diffusion, the last 0: published for ten steps, for
 * others linear in ln sigma between them, as published.
 *
 * @throws RangeError when steps is not a whole number ≥ 1 or the family is not known.
 */
export function aysSigmas(steps: number, family: keyof typeof published): number[] {
  requireSteps('aysSigmas: steps', steps);
  if (!Object.hasOwn(published, family))
    throw new RangeError(`aysSigmas: family must be one of ${Object.keys(published).join(', ')}, got ${family}`);
  const table = published[family];
  const between = Array.from({ length: steps }, (_, i) => {
    const at = (i * (table.length - 1)) / steps;
    const low = Math.floor(at);
    return table[low] ** (1 - at + low) * table[Math.min(low + 1, table.length - 1)] ** (at - low);
  });
  return [...between, 0];
}

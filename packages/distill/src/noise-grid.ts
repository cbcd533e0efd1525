import { cosineLevel, type EdmRange, edmGrid, type NoiseLevel } from '@tract/schedules';
import { type NoiseProcess, processLevels } from '@tract/schedules/training';
import { combine, type Tensor } from '@tract/tensor';

/** Grid of noise levels that distillation works on: index 0 is clean, index `timesteps` is noise. */
export type NoiseGrid = { readonly timesteps: number; readonly levels: readonly NoiseLevel[] };

/**
 * Make the grid of the variance preserving process with the cosine schedule at t = index / timesteps.
 *
 * @throws RangeError when timesteps is not a whole number ≥ 1.
 */
export function cosineNoiseGrid(timesteps: number): NoiseGrid {
  if (!(Number.isInteger(timesteps) && timesteps >= 1)) {
    throw new RangeError(`cosineNoiseGrid: timesteps must be a whole number ≥ 1, got ${timesteps}`);
  }
  return { timesteps, levels: Array.from({ length: timesteps + 1 }, (_, index) => cosineLevel(index / timesteps)) };
}

/**
 * Make EDM's grid of the variance exploding process (alpha = 1): sigma 0 at index 0, then sigmaMin to sigmaMax at `timesteps`. Source: Karras et al. 2022,
 * Eq. 5.
 *
 * @throws RangeError when timesteps is not a whole number ≥ 1, or the range is none.
 */
export const edmNoiseGrid = (timesteps: number, range?: EdmRange): NoiseGrid => ({
  timesteps,
  levels: edmGrid(timesteps, range).reverse(),
});

/** Make the grid of a noise process for a distillation from `timesteps` steps. @throws RangeError when timesteps is not a whole number ≥ 1. */
export const processGrid = (process: NoiseProcess, timesteps: number): NoiseGrid => ({
  timesteps,
  levels: processLevels(process, timesteps).reverse(),
});

/** Compute xt = alpha·x0 + sigma·eps, one level per image. */
export const addNoise = (x0: Tensor, eps: Tensor, levels: readonly NoiseLevel[]): Tensor =>
  combine([
    [levels.map(({ alpha }) => alpha), x0],
    [levels.map(({ sigma }) => sigma), eps],
  ]);

import { cosineLevel, type EdmRange, edmGrid, type NoiseLevel, type NoiseProcess, processLevels } from '@tract/schedules';
import { combine, type Tensor } from '@tract/tensor';

/** The grid of noise levels that distillation works on: index 0 is clean, index `timesteps` is noise. */
export type Process = { readonly timesteps: number; readonly levels: readonly NoiseLevel[] };

/**
 * The variance preserving process with the cosine schedule at t = index / timesteps.
 *
 * @throws RangeError when timesteps is not a whole number ≥ 1.
 */
export function vpProcess(timesteps: number): Process {
  if (!(Number.isInteger(timesteps) && timesteps >= 1)) {
    throw new RangeError(`vpProcess: timesteps must be a whole number ≥ 1, got ${timesteps}`);
  }
  return { timesteps, levels: Array.from({ length: timesteps + 1 }, (_, index) => cosineLevel(index / timesteps)) };
}

/**
 * The variance exploding process (alpha = 1) on EDM's grid: sigma 0 at index 0, then sigmaMin to sigmaMax at `timesteps`. Source: Karras et al. 2022, Eq. 5.
 *
 * @throws RangeError when timesteps is not a whole number ≥ 1, or the range is none.
 */
export const edmGridProcess = (timesteps: number, range?: EdmRange): Process => ({
  timesteps,
  levels: edmGrid(timesteps, range).reverse(),
});

/** Return the grid of a noise process for a distillation from `timesteps` steps. @throws RangeError when timesteps is not a whole number ≥ 1. */
export const processGrid = (process: NoiseProcess, timesteps: number): Process => ({
  timesteps,
  levels: processLevels(process, timesteps).reverse(),
});

/** xt = alpha·x0 + sigma·eps, one level per sample. */
export const addNoise = (x0: Tensor, eps: Tensor, levels: readonly NoiseLevel[]): Tensor =>
  combine([
    [levels.map(({ alpha }) => alpha), x0],
    [levels.map(({ sigma }) => sigma), eps],
  ]);

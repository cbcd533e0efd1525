import { edmGridProcess, type Process, vpProcess } from '@tract/distill';
import { type EdmRange, edmGrid, type NoiseLevel, vpGrid } from '@tract/schedules';
import { inSteps } from './quantity.js';

/** The noise levels that a model is used at: the cosine schedule's, or EDM's. */
export type NoiseProcess =
  | { readonly kind: 'cosine' }
  | (EdmRange & {
      readonly kind: 'edm';
      /** Steps of the grid that a student was distilled on, whose levels it knows; none for a teacher, which knows all. */
      readonly timesteps?: number;
    });

export const cosine: NoiseProcess = { kind: 'cosine' };

/** The grid of levels that a distillation from so many steps works on. */
export const indexGrid = (process: NoiseProcess, timesteps: number): Process =>
  process.kind === 'edm' ? edmGridProcess(timesteps, process) : vpProcess(timesteps);

/**
 * The levels of a sampler of so many steps, noisy to clean.
 * @throws RangeError when a student of EDM's grid does not know them.
 */
export function samplingLevels(process: NoiseProcess, steps: number): NoiseLevel[] {
  if (process.kind === 'cosine') return vpGrid(steps);
  const { timesteps } = process;
  if (timesteps === undefined) return edmGrid(steps, process);
  if (timesteps % steps !== 0)
    throw new RangeError(
      `this student knows the levels of ${inSteps(timesteps)}; expected a number of steps that divides it, got ${steps}`,
    );
  return edmGrid(timesteps, process).filter((_, i) => i % (timesteps / steps) === 0);
}

/** @throws RangeError or TypeError for what no process can be made from; also for what was read from a file. */
export function checkProcess(process: NoiseProcess): void {
  if (process.kind === 'cosine') return;
  if (process.kind !== 'edm')
    throw new RangeError(`process.kind must be cosine or edm, got ${JSON.stringify((process as { kind: unknown }).kind)}`);
  const { timesteps, sigmaMin, sigmaMax, rho } = process;
  for (const [name, value] of Object.entries({ timesteps, sigmaMin, sigmaMax, rho })) {
    if (value !== undefined && typeof value !== 'number')
      throw new TypeError(`process.${name} must be a number, got ${JSON.stringify(value)}`);
  }
  edmGrid(timesteps ?? 1, process);
}

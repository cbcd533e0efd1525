import { type EdmRange, edmGrid } from './edm-schedule.js';
import { lognormalLevel } from './lognormal-level.js';
import type { NoiseLevel } from './noise-level.js';
import { vpGrid } from './time-grid.js';

/** The noise levels of a model as JSON: those of the cosine schedule, or EDM's. */
export type NoiseProcess =
  | { readonly kind: 'cosine' }
  | (EdmRange & {
      readonly kind: 'edm';
      /** Steps of the grid that a student was distilled on, whose levels are the only ones it knows. Absent for a teacher, which takes any level. */
      readonly timesteps?: number;
    });

type Kind = NoiseProcess['kind'];
type ProcessOf<K extends Kind> = Extract<NoiseProcess, { readonly kind: K }>;
type Entry<P> = {
  /** Name of its levels in messages. */
  readonly title: string;
  /** Settings of the kind, all of them numbers. */
  readonly settings: readonly (keyof P)[];
  /** The steps + 1 levels of an even grid of the process, noisy to clean. */
  readonly levels: (process: P, steps: number) => NoiseLevel[];
  /** Level of a training image of a teacher, from a uniform number in (0, 1). Absent for levels that are drawn as times of the grid. */
  readonly trainingLevel?: (uniform: number) => NoiseLevel;
  /** True if a sampler may choose the range of the levels. */
  readonly takesRange: boolean;
  /** True if steps of Heun fit its levels; one divides by the noise scale that it lands on. */
  readonly takesHeun: boolean;
  /** Sampling steps that a teacher is usually drawn in. */
  readonly usualSteps: number;
};

/** Every kind of noise process by the name that JSON uses. */
export const noiseProcesses: { readonly [K in Kind]: Entry<ProcessOf<K>> } = {
  cosine: {
    title: 'the cosine schedule',
    settings: [],
    levels: (_, steps) => vpGrid(steps),
    takesRange: false,
    takesHeun: false, // its first step falls to a thousandth
    usualSteps: 64,
  },
  edm: {
    title: "EDM's levels",
    settings: ['timesteps', 'sigmaMin', 'sigmaMax', 'rho'],
    levels: (range, steps) => edmGrid(steps, range),
    trainingLevel: (uniform) => lognormalLevel(uniform),
    takesRange: true,
    takesHeun: true,
    usualSteps: 18,
  },
};

/** The process of a model that names none: the cosine schedule. */
export const cosineProcess: NoiseProcess = { kind: 'cosine' };

/** Steps of the grid whose levels are the only ones a student knows; undefined for a model that takes any level of its process. */
export const knownSteps = (process: NoiseProcess): number | undefined => ('timesteps' in process ? process.timesteps : undefined);

/** Return the process of a student that is distilled on a grid of `timesteps`: on EDM's levels it knows those of the grid alone. */
export const studentProcess = (process: NoiseProcess, timesteps: number): NoiseProcess =>
  process.kind === 'edm' ? { ...process, timesteps } : process;

/**
 * Return the steps + 1 levels of the process's grid, noisy to clean.
 *
 * @throws RangeError when steps is not a whole number ≥ 1.
 */
export const processLevels = (process: NoiseProcess, steps: number): NoiseLevel[] =>
  (noiseProcesses[process.kind] as Entry<NoiseProcess>).levels(process, steps);

/**
 * Return the steps + 1 levels of a sampler, noisy to clean: those of the process's grid, or every n-th of the grid that a student knows.
 *
 * @throws RangeError when steps is not a whole number ≥ 1, or does not divide the steps of the student's grid.
 */
export function samplingLevels(process: NoiseProcess, steps: number): NoiseLevel[] {
  const timesteps = knownSteps(process);
  if (timesteps === undefined) return processLevels(process, steps);
  if (timesteps % steps !== 0)
    throw new RangeError(`this student knows the levels of ${timesteps} steps; expected a number of steps that divides it, got ${steps}`);
  return processLevels(process, timesteps).filter((_, i) => i % (timesteps / steps) === 0);
}

/**
 * Check a process, also one that was read from a file.
 *
 * @throws RangeError when the kind is not known or a number is out of range, TypeError for a setting that is not a number.
 */
export function checkNoiseProcess(process: NoiseProcess): void {
  if (!Object.hasOwn(noiseProcesses, process.kind))
    throw new RangeError(`process.kind must be ${Object.keys(noiseProcesses).join(' or ')}, got ${JSON.stringify(process.kind)}`);
  const { settings } = noiseProcesses[process.kind] as Entry<Readonly<Record<string, unknown>>>;
  for (const name of settings) {
    const value = (process as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && typeof value !== 'number')
      throw new TypeError(`process.${name} must be a number, got ${JSON.stringify(value)}`);
  }
  processLevels(process, knownSteps(process) ?? 1);
}

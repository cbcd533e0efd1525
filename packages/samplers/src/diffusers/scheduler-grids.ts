import {
  betaSigmas,
  type DdpmBetas,
  ddpmSigmas,
  edmSigmas,
  exponentialSigmas,
  flowLevel,
  type NoiseLevel,
  ratioLevel,
  resolutionShift,
  roundHalfEven,
  shiftTime,
  sigmaAt,
  spacedTimesteps,
  timestepOf,
} from '@tract/schedules';
import { SchedulerConfigError, type SchedulerSettings } from './scheduler-settings.js';

/** Levels of a run, noisy to clean (in inverse classes clean to noisy), and the time that the network is told in each step. */
export type SchedulerGrid = { readonly levels: readonly NoiseLevel[]; readonly times: readonly number[] };
/** Inputs of a grid besides its steps: tokens of the image, or the shift's logarithm mu itself. */
export type GridOptions = { readonly tokens?: number; readonly mu?: number };
/** Grids of a network's levels, and its time at a level between them. */
export type SchedulerGrids = {
  readonly grid: (steps: number, options?: GridOptions) => SchedulerGrid;
  readonly timeOf: (level: NoiseLevel) => number;
};

const betaRules = { linear: 'linear', scaled_linear: 'scaled-linear', squaredcos_cap_v2: 'cosine' } as const;

/** Read the betas of a scheduler that has training steps. */
export function readBetas(
  settings: SchedulerSettings,
  betaStart = 1e-4,
  betaEnd = 0.02,
  rule: keyof typeof betaRules = 'linear',
): DdpmBetas {
  const betas = betaRules[settings.oneOf('beta_schedule', rule, Object.keys(betaRules) as (typeof rule)[])];
  return {
    betas: settings.numbers('trained_betas') ?? betas,
    trainingSteps: settings.number('num_train_timesteps', 1000),
    betaStart: settings.number('beta_start', betaStart),
    betaEnd: settings.number('beta_end', betaEnd),
    ...(settings.className.startsWith('CogVideoX') && { snrShift: settings.number('snr_shift_scale', 3) }),
    zeroTerminalSNR: settings.oneOf('rescale_betas_zero_snr', false, [false, true]),
  };
}

/** The level of a training step, whole or not, of a table of noise scales, and back. */
export const levelAtTimestep = (table: readonly number[], timestep: number): NoiseLevel => ratioLevel(sigmaAt(table, timestep));
export const timestepOfLevel = (table: readonly number[], { alpha, sigma }: NoiseLevel): number => timestepOf(table, sigma / alpha);

const explodingLevel = ({ alpha, sigma }: NoiseLevel): NoiseLevel => ({ alpha: 1, sigma: sigma / alpha });

const noises = { use_karras_sigmas: edmSigmas, use_exponential_sigmas: exponentialSigmas, use_beta_sigmas: betaSigmas };

/** Read which of the other distributions of noise the grid has, if any. */
export function readNoises(settings: SchedulerSettings) {
  const chosen = Object.entries(noises).filter(([name]) => settings.oneOf(name, false, [false, true]));
  if (chosen.length > 1)
    throw new SchedulerConfigError(`fromSchedulerConfig: ${settings.className} with ${chosen.map(([name]) => name).join(' and ')}`);
  return chosen[0];
}

/** `asksLast` tells that the network is asked at the last level too, where a last step of no length is left out. */
type GridKind = { readonly spacing?: string; readonly final?: string; readonly asksLast?: boolean };

/**
 * Grids over a table of training steps. `spacing` names diffusers' two conventions: 'each' spaces the steps of a run, whole or not; 'between' spaces one point
 * more, leaves out the cleanest, and takes other distributions of noise over the whole table.
 */
export function tableGrids(
  settings: SchedulerSettings,
  betas: DdpmBetas,
  convention: 'each' | 'whole' | 'between',
  { spacing: usual = 'linspace', final = 'zero', asksLast = false }: GridKind = {},
): SchedulerGrids {
  const table = ddpmSigmas(betas);
  const total = table.length;
  const fixed = usual === 'only-linspace';
  const spacing = fixed ? 'linspace' : settings.oneOf('timestep_spacing', usual, ['linspace', 'leading', 'trailing']);
  const offset = fixed ? 0 : settings.number('steps_offset', 0);
  const noise = readNoises(settings);
  const last = final === 'setting' ? settings.oneOf('final_sigmas_type', 'zero', ['zero', 'sigma_min']) : final;
  const bounds = { min: settings.optional('sigma_min'), max: settings.optional('sigma_max') };
  const timestepsOf = (steps: number): number[] => {
    if (spacing === 'trailing') return spacedTimesteps(steps, { trainingSteps: total });
    const more = convention === 'between' ? 1 : 0;
    if (spacing === 'leading') return spacedTimesteps(steps + more, { spacing: 'leading', offset, trainingSteps: total }).slice(0, steps);
    const even = spacedTimesteps(steps + more, { spacing: 'linspace', trainingSteps: total }).slice(0, steps);
    return convention === 'each' ? even : even.map(roundHalfEven);
  };
  return {
    timeOf: (level) => timestepOfLevel(table, level),
    grid: (steps) => {
      let times = timestepsOf(steps);
      let sigmas = times.map((timestep) => sigmaAt(table, timestep));
      if (noise) {
        const whole = convention === 'between' ? table : [...sigmas].reverse();
        const range = { sigmaMin: bounds.min ?? whole[0], sigmaMax: bounds.max ?? whole[whole.length - 1] };
        sigmas = noise[1](steps, range).slice(0, -1);
        times = sigmas.map((sigma) => timestepOf(table, sigma));
        if (convention === 'between' && betas.betas !== 'cosine')
          times = times.map(noise[0] === 'use_karras_sigmas' ? roundHalfEven : Math.floor);
      }
      const ends = last === 'zero' ? [0] : sigmas[steps - 1] <= table[0] * (1 + 1e-12) || (last === 'table' && noise) ? [] : [table[0]];
      const levels = [...sigmas, ...ends].map(ratioLevel); // a last step that stays where it is, as some classes have it, is left out
      if (convention === 'each') levels.push(explodingLevel(levels.pop() as NoiseLevel)); // images of these classes are x0 + sigma·eps
      return { times: asksLast ? times : times.slice(0, levels.length - 1), levels };
    },
  };
}

/** Grids of flow matching: FlowMatchEulerDiscreteScheduler's, whose shift is applied to the range and again to the steps; `toZero` spaces down to 0. */
export function flowGrids(settings: SchedulerSettings, toZero = false): SchedulerGrids {
  const total = settings.number('num_train_timesteps', 1000);
  const shift = settings.number('shift', 1);
  const dynamic = settings.oneOf('use_dynamic_shifting', false, [false, true]);
  const kind = settings.oneOf('time_shift_type', 'exponential', ['exponential', 'linear']);
  const [baseShift, maxShift] = [settings.number('base_shift', 0.5), settings.number('max_shift', 1.15)];
  const [baseTokens, maxTokens] = [settings.number('base_image_seq_len', 256), settings.number('max_image_seq_len', 4096)];
  const terminal = settings.optional('shift_terminal');
  const noise = readNoises(settings);
  settings.oneOf('invert_sigmas', false, [false]);
  const lowest = dynamic ? 1 / total : shiftTime(1 / total, shift);
  return {
    timeOf: ({ alpha, sigma }) => (total * sigma) / (alpha + sigma),
    grid: (steps, { tokens, mu } = {}) => {
      const factor = dynamic ? dynamicShift(settings, kind, mu, tokens, { baseTokens, maxTokens, baseShift, maxShift }) : shift;
      let times = Array.from({ length: steps }, (_, i) =>
        shiftTime(toZero ? 1 - i / steps : 1 + (steps === 1 ? 0 : i / (steps - 1)) * (lowest - 1), factor),
      );
      if (terminal) {
        const stretch = (1 - times[steps - 1]) / (1 - terminal);
        times = times.map((t) => 1 - (1 - t) / stretch);
      }
      if (noise) times = noise[1](steps, { sigmaMin: times[steps - 1], sigmaMax: times[0] }).slice(0, -1);
      return { times: times.map((t) => t * total), levels: [...times, 0].map(flowLevel) };
    },
  };
}

function dynamicShift(
  settings: SchedulerSettings,
  kind: string,
  mu: number | undefined,
  tokens: number | undefined,
  anchors: NonNullable<Parameters<typeof resolutionShift>[1]>,
): number {
  if (mu === undefined && tokens === undefined)
    throw new SchedulerConfigError(
      `fromSchedulerConfig: ${settings.className} shifts by the size of the image; give grid(steps, { tokens }) or { mu }`,
    );
  const exponent = mu ?? Math.log(resolutionShift(tokens as number, anchors));
  return kind === 'linear' ? exponent : Math.exp(exponent);
}

/** Grids of `use_flow_sigmas` in the solvers that were made for DDPM's networks. */
export function solverFlowGrids(settings: SchedulerSettings, from: 'below-one' | 'one'): SchedulerGrids {
  const total = settings.number('num_train_timesteps', 1000);
  const shift = settings.number('flow_shift', 1);
  settings.oneOf('use_dynamic_shifting', false, [false]);
  settings.oneOf('final_sigmas_type', 'zero', ['zero']);
  if (readNoises(settings))
    throw new SchedulerConfigError(`fromSchedulerConfig: ${settings.className} with use_flow_sigmas and another distribution`);
  if (from === 'one' && settings.optional('shift_terminal'))
    throw new SchedulerConfigError(`fromSchedulerConfig: ${settings.className} with shift_terminal`);
  return {
    timeOf: ({ alpha, sigma }) => (total * sigma) / (alpha + sigma),
    grid: (steps) => {
      const times = Array.from({ length: steps }, (_, i) => {
        const t = from === 'one' ? 1 + (i / steps) * (1 / total - 1) : (1 - i / steps) * (1 - 1 / total);
        return shiftTime(t, shift);
      });
      return { times: times.map((t) => Math.floor(Math.min(t, 1 - 1e-6) * total)), levels: [...times, 0].map(flowLevel) };
    },
  };
}

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { drain, type VectorSpace } from '../index.js';
import { fromSchedulerConfig, SchedulerConfigError, schedulerClasses } from './index.js';

type Case = {
  readonly class: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly grid: { readonly mu?: number; readonly jump_length?: number; readonly jump_n_sample?: number };
  readonly told: readonly number[];
  readonly drawn: readonly number[];
};
const golden = JSON.parse(readFileSync(new URL('../../test/diffusers-golden.json', import.meta.url), 'utf8')) as {
  readonly start: readonly number[];
  readonly draws: readonly (readonly number[])[];
  readonly known: readonly number[];
  readonly mask: readonly number[];
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly Case[];
};

const space: VectorSpace<readonly number[]> = {
  combine: (terms) => terms[0][1].map((_, i) => terms.reduce((sum, [coefficient, x]) => sum + coefficient * x[i], 0)),
  clamp: (x, low, high) => x.map((value) => Math.min(Math.max(value, low), high)),
  noise: (_, index) => golden.draws[index],
  multiply: (x, y) => x.map((value, i) => value * y[i]),
  perImage: {
    dot: (x, y) => [x.reduce((sum, value, i) => sum + value * y[i], 0)],
    deviation: () => [],
    absQuantile: (x, part) => {
      const sorted = x.map(Math.abs).sort((a, b) => a - b);
      const at = part * (sorted.length - 1);
      return [sorted[Math.floor(at)] + (at % 1) * (sorted[Math.ceil(at)] - sorted[Math.floor(at)])];
    },
    scale: (x, [factor]) => x.map((value) => value * factor),
  },
};
const network = (x: readonly number[], t: number) => x.map((value) => 0.6 * Math.sin(1.7 * value + 0.0031 * t) - 0.2 * value + 0.1);

/** Relative to the largest element. All is float64; wider where diffusers puts a small number for a signal of 0, and we take the limit. */
const toleranceOf = (one: Case) => {
  if (one.class === 'UniPCMultistepScheduler' && one.settings.use_flow_sigmas) return 1e-3; // starts at 1 − 1e-6
  return { IPNDMScheduler: 1e-5, SCMScheduler: 1e-4 }[one.class] ?? 1e-9; // alpha 1e-6, and cos 1.5708 = −3.7e-6
};

test('every class of the list has a recorded run of diffusers', () => {
  expect(new Set(golden.cases.map((one) => one.class))).toEqual(new Set(schedulerClasses));
});

test('eta is that of step() in DDIM and TCD, and refused where there is none', async () => {
  const draw = async (_class_name: string, eta: number) => {
    const plan = fromSchedulerConfig({ _class_name });
    const { levels } = plan.grid(4);
    return drain(plan.sample(space, plan.denoiser(space, network, plan.grid(4)), golden.start, levels, { eta }));
  };
  for (const name of ['DDIMScheduler', 'TCDScheduler']) expect(await draw(name, 0)).not.toEqual(await draw(name, 1));
  await expect(draw('LCMScheduler', 1)).rejects.toThrow(/a step of LCMScheduler has no eta; DDIMScheduler/);
  await expect(draw('TCDScheduler', 1.5)).rejects.toThrow(/eta must be in \[0, 1\], got 1.5/);
});

describe('draws what diffusers 58eb52c draws, and tells the network the same times', () => {
  test.each(golden.cases.map((one) => [one.class, one.steps, JSON.stringify(one.settings), one] as const))(
    '%s in %d steps, %s',
    async (_, __, ___, one) => {
      const plan = fromSchedulerConfig({ _class_name: one.class, ...one.settings });
      const grid = plan.grid(one.steps, one.grid);
      const told: number[] = [];
      const denoise = plan.denoiser(
        space,
        (x, t) => {
          told.push(t);
          return network(x, t);
        },
        grid,
      );
      const scale = one.class.includes('Inverse') ? 1 : grid.levels[0].sigma;
      const xT = golden.start.map((value) => value * scale);
      const { jump_length: jump, jump_n_sample: resample } = one.grid;
      const repaint = jump === undefined ? undefined : { known: golden.known, mask: golden.mask, jump, resample };
      const drawn = await drain(plan.sample(space, denoise, xT, grid.levels, { repaint }));
      const error = Math.max(...drawn.map((value, i) => Math.abs(value - one.drawn[i]))) / Math.max(...one.drawn.map(Math.abs));
      expect(error).toBeLessThan(toleranceOf(one));
      const unsaid = one.steps > grid.times.length ? 1 : 0; // a last step of no length, left out
      expect(told.length).toBe(one.told.length - unsaid);
      for (const [i, time] of one.told.slice(0, told.length).entries())
        expect(Math.abs(told[i] - time)).toBeLessThan(1e-3 + 1e-9 * Math.abs(time));
    },
  );
});

test('what is not known is named', () => {
  const sd = { _class_name: 'EulerDiscreteScheduler', beta_schedule: 'scaled_linear', clip_sample: false, skip_prk_steps: true };
  expect(fromSchedulerConfig(JSON.stringify(sd)).ignored).toEqual(['clip_sample', 'skip_prk_steps']);
  const refused: [unknown, RegExp][] = [
    [
      { ...sd, beta_schedule: 'sigmoid' },
      /EulerDiscreteScheduler with beta_schedule "sigmoid" is not known here; known: "linear", "scaled_linear"/,
    ],
    [{ ...sd, timestep_type: 'continuous' }, /timestep_type "continuous"/],
    [{ ...sd, num_train_timesteps: '1000' }, /num_train_timesteps "1000" is not known here; known: numbers/],
    [
      { _class_name: 'PNDMScheduler', prediction_type: 'v_prediction' },
      /prediction_type "v_prediction" is not known here; known: "epsilon"/,
    ],
    [{ _class_name: 'VQDiffusionScheduler' }, /VQDiffusionScheduler is not known here; known: CMStochastic/],
    [{ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'dpmsolver' }, /algorithm_type "dpmsolver"/],
    [{ _class_name: 'DPMSolverMultistepScheduler', lambda_min_clipped: -5.1 }, /lambda_min_clipped -5.1/],
    [{}, /_class_name/],
  ];
  for (const [json, message] of refused) {
    expect(() => fromSchedulerConfig(json)).toThrow(message);
    expect(() => fromSchedulerConfig(json)).toThrow(SchedulerConfigError);
  }
  // Python writes what JSON has not
  expect(fromSchedulerConfig('{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity}').ignored).toEqual([]);
  const flux = fromSchedulerConfig({ _class_name: 'FlowMatchEulerDiscreteScheduler', use_dynamic_shifting: true });
  expect(() => flux.grid(4)).toThrow(/give grid\(steps, \{ tokens \}\)/);
  expect(flux.grid(4, { tokens: 4096 })).toEqual(flux.grid(4, { mu: 1.15 }));
});

/** Settings of flow sigmas, which are read with `use_flow_sigmas` only. */
const ofFlow = ['flow_shift', 'use_dynamic_shifting', 'time_shift_type'];
/** Settings that change no image: diffusers does not use them, or not without another one, or a grid that ends clean decides already. */
const withoutEffect: Readonly<Record<string, readonly string[]>> = {
  CogVideoXDDIMScheduler: ['clip_sample', 'clip_sample_range'],
  CogVideoXDPMScheduler: ['clip_sample', 'clip_sample_range'],
  CosineDPMSolverMultistepScheduler: ['num_train_timesteps', 'lower_order_final', 'euler_at_final'],
  DEISMultistepScheduler: ofFlow,
  DPMSolverMultistepInverseScheduler: ['flow_shift'],
  DPMSolverMultistepScheduler: ofFlow,
  DPMSolverSDEScheduler: ['noise_sampler_seed'], // noise is the space's
  DPMSolverSinglestepScheduler: ofFlow,
  EDMDPMSolverMultistepScheduler: ['num_train_timesteps'],
  EDMEulerScheduler: ['num_train_timesteps'],
  FlowMatchLCMScheduler: ['upscale_mode'],
  LCMScheduler: ['set_alpha_to_one', 'steps_offset'],
  SASolverScheduler: ['flow_shift'],
  TCDScheduler: ['set_alpha_to_one', 'steps_offset'],
  UniPCMultistepScheduler: [...ofFlow, 'shift_terminal'],
};

test('every other setting of a class is followed or refused', () => {
  const ignored = Object.entries(golden.parameters).map(([name, parameters]) => {
    const plan = fromSchedulerConfig({ _class_name: name, ...Object.fromEntries(parameters.map((one) => [one, null])) });
    return [name, plan.ignored] as const;
  });
  expect(Object.fromEntries(ignored.filter(([, names]) => names.length > 0))).toEqual(withoutEffect);
});

/** Classes of diffusers 58eb52c that are not followed, and why. */
const missing: Record<string, string> = {
  'Amused, BlockRefinement, DiscreteDDIM, EntropyBound, VQDiffusion': 'discrete',
  'ConsistencyDecoder, Helios, HeliosDMD, MiniMaxH3, UnCLIP': "one model's own",
};

test('the table of classes in the docs is of these runs', async () => {
  const rows = schedulerClasses.map((name) => {
    const runs = golden.cases.filter((one) => one.class === name);
    const within = [...new Set(runs.map(toleranceOf))].sort((a, b) => a - b).map((size) => size.toExponential(0));
    return `| ${name} | ${runs.length} | ${[...new Set(runs.map(({ steps }) => steps))].join(', ')} | ${within.join(', with flow sigmas ')} |`;
  });
  const without = Object.entries(missing).map(([names, why]) => `| ${names} | ${why} |`);
  const page = [
    "# diffusers' scheduler classes in `fromSchedulerConfig`",
    '',
    'Written by a test (`from-scheduler-config.test.ts`) from runs of diffusers 58eb52c in float64: `test/make-diffusers-golden.py` recorded them.',
    'Relative difference of the drawn image; where it is above 1e-9, diffusers puts a small number for a signal of 0 and the limit is taken here.',
    '',
    `${schedulerClasses.length} of 49 classes:`,
    '',
    '| class | recorded runs | steps | agrees within |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'Not by `fromSchedulerConfig`:',
    '',
    '| class | why |',
    '| --- | --- |',
    ...without,
    '',
  ];
  await expect(page.join('\n')).toMatchFileSnapshot('../../diffusers-schedulers.md');
});

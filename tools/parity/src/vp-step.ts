import {
  advancePhase,
  btd,
  type DistillBatch,
  type DistillSetup,
  type DistillState,
  denoiserOf,
  distillSetup,
  distillTarget,
  distillUpdate,
  halvings,
  jumpOf,
  type Phase,
  studentGradients,
  type TargetRule,
  tract,
} from '@tract/distill';
import { zeroMoments } from '@tract/optim';
import { ddim, drain } from '@tract/samplers';
import { vpGrid } from '@tract/schedules';
import { dispose, read, readScalar, type Tensor, tensorSpace } from '@tract/tensor';
import { applyUNet, type UNetConfig, type UNetParams } from '@tract/unet';
import { type Finding, relativeError } from './compare.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';
import { configOf, loadParams, weightsOf } from './network.js';
import { gradientTolerance, imageTensor } from './unet.js';
import { weightFindings } from './weights-after.js';

const tolerances = { xt1: 2e-5, target: 2e-5, loss: 1e-5, gradNorm: 1e-4, weights: 2e-5, sample: 1e-4 };

/**
 * One whole training step on the variance preserving process: images `x`, `noise`, draws, labels `y`, the weights of all networks before;
 * where the teacher's step landed (`xt1`), the target, loss, gradient norm; weights after; a sample from the average after the step.
 */
const vpStep = (name: string, hasPositions: boolean, check: Kind['check']): Kind => ({
  name,
  recognises: (file) => file.hasSetting('unet') && file.has('draw.0') && file.has('draw.1') === hasPositions,
  usesBackend: true,
  check,
});

export const tractVp: Kind = vpStep('tract-vp', true, (file) => checkStep(file, tract, file.numbers('schedule')));

/** The reference's binary distillation always halves from the grid itself; its phase counts halvings. */
export const btdVp: Kind = vpStep('btd-vp', false, (file) => checkStep(file, btd, halvings(file.number('timesteps'))));

async function checkStep(file: GoldenFile, rule: TargetRule, phaseSteps: readonly number[]): Promise<Finding[]> {
  const config = configOf(file, 'unet');
  const setup = setupOf(file, config, rule, phaseSteps);
  const state = advancePhase(setup, stateBefore(file, config, setup));
  const batch = batchOf(file, config, setup, setup.phases[state.phase]);
  const goal = distillTarget(setup, state, batch);
  const imageFinding = async (what: 'xt1' | 'target', ours: Tensor): Promise<Finding> => ({
    what,
    error: relativeError(await read(ours), file.images(what).values),
    tolerance: tolerances[what],
  });
  const findings = [await imageFinding('xt1', goal.xb!), await imageFinding('target', goal.x0)];

  const result = distillUpdate(setup, state, studentGradients(setup, state, goal, { labels: batch.labels }));
  for (const what of ['loss', 'gradNorm'] as const) {
    findings.push({ what, error: relativeError([await readScalar(result[what])], [file.scalar(what)]), tolerance: tolerances[what] });
  }
  const weights = (prefix: string) => weightsOf(file, prefix, config, { partial: prefix.startsWith('after.') });
  const { learningRate } = setup;
  findings.push(...(await weightFindings({ weights, learningRate, tolerance: tolerances.weights, gradientTolerance }, result.state)));
  if (file.has('sample.out')) findings.push(await sampleFinding(file, config, setup, setup.phases[state.phase].studentSteps));
  dispose([batch, goal, result]);
  return findings;
}

function setupOf(file: GoldenFile, config: UNetConfig, rule: TargetRule, phaseSteps: readonly number[]): DistillSetup<UNetParams> {
  const clip = /clipped to ([\d.]+)/.exec(file.text('optimizer'));
  return distillSetup<UNetParams>({
    network: (params, xt, conditioning) => applyUNet(config, params, xt, conditioning),
    prediction: config.outputs === 2 ? 'x0+eps' : 'x0',
    phaseSteps,
    timesteps: file.number('timesteps'),
    rule,
    totalSteps: steps,
    learningRate: file.number('lr'),
    clipNorm: clip === null ? 1 : Number(clip[1]),
    selfTeacherMomentum: file.number('selfTeacherMomentum'),
    ema: { momentum: file.number('evalMomentum') },
  });
}

/** A run long enough to stand for any progress as a whole step. */
const steps = 1e6;

/** The state before the step, still in the first phase: the phase change, where one is due, is part of what is checked. */
function stateBefore(file: GoldenFile, config: UNetConfig, { rule }: DistillSetup<UNetParams>): DistillState<UNetParams> {
  const load = (name: string) => loadParams(file, `${name}.`, config);
  const student = load('student');
  return {
    step: Math.min(Math.round(file.number('progress') * steps), steps - 1),
    phase: 0,
    optimizerSteps: 0,
    student,
    moments: zeroMoments(student),
    studentEma: load('eval'),
    teacher: load('teacher'),
    ...(rule.usesSelfTeacher && { selfTeacher: load('selfTeacher') }),
  };
}

function batchOf(file: GoldenFile, config: UNetConfig, { grid }: DistillSetup<UNetParams>, phase: Phase): DistillBatch {
  const groups = file.integers('draw.0');
  const positions = file.has('draw.1') ? file.integers('draw.1') : groups.map(() => 0);
  if (positions.length !== groups.length)
    throw new BrokenFile(`draw.0 and draw.1 differ in length, ${groups.length} and ${positions.length}`);
  return {
    x0: imageTensor(file, 'x'),
    noise: imageTensor(file, 'noise'),
    jumps: groups.map((interval, i) => jumpOf(grid, phase, { interval, offset: positions[i] })),
    ...(config.classes > 1 && { labels: file.integers('y') }),
  };
}

/**
 * A sample from the average, with as many calls as the student of the phase makes. After its first update an average that corrects its bias is
 * the student itself, so the file's own student is sampled: ours would carry what Adam's first step leaves undetermined (see weights-after.ts).
 * The tolerance leaves room for a chain of calls: the reference run twice differs by 2e-5 over 32 of them.
 */
async function sampleFinding(file: GoldenFile, config: UNetConfig, { model }: DistillSetup<UNetParams>, calls: number): Promise<Finding> {
  const xT = imageTensor(file, 'sample.noise');
  const labels = file.has('sample.y') ? file.integers('sample.y') : undefined;
  const params = loadParams(file, 'after.student.', config);
  const denoise = denoiserOf(model, params, { labels });
  const images = await drain(ddim(tensorSpace, denoise, xT, vpGrid(calls)));
  const error = relativeError(await read(images), file.images('sample.out').values);
  dispose([params, xT, images]);
  return { what: 'sample.out', error, tolerance: tolerances.sample };
}

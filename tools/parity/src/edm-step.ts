import {
  type DistillBatch,
  type DistillSetup,
  type DistillState,
  distillSetup,
  distillTarget,
  distillUpdate,
  edmNoiseGrid,
  jumpOf,
  predictX0,
  studentGradients,
  tractEdm,
} from '@tract/distill';
import { zeroMoments } from '@tract/optim';
import { edmPreconditioning, edmWeight } from '@tract/schedules/training';
import { combine, dispose, read, readScalar, type Tensor } from '@tract/tensor';
import { applyEdmUNet, type EdmUNetParams } from '@tract/unet';
import { type Finding, relativeError } from './compare.js';
import { edmConfigOf, loadEdmParams, partOfEdmWeights, sigmaDataOf } from './edm-network.js';
import type { GoldenFile } from './golden-file.js';
import type { Kind } from './kind.js';
import { imageTensor } from './unet.js';
import { weightFindings } from './weights-after.js';

const tolerances = { images: 1e-4, loss: 1e-4, weights: 5e-5, gradients: 2e-4 };

/**
 * One whole training step on EDM's levels with a teacher that takes Heun's steps: images `x`, `noise`, draws, the weights of all networks before; what
 * the student predicted and its target, both as the network inside the preconditioning puts them out; the loss; weights after. There is one phase.
 */
export const tractEdmStep: Kind = {
  name: 'tract-edm',
  recognises: (file) => file.has('target.preconditioned') && file.has('draw.1') && file.hasSetting('config'),
  usesBackend: true,
  check: checkStep,
};

async function checkStep(file: GoldenFile): Promise<Finding[]> {
  const config = edmConfigOf(file);
  const sigmaData = sigmaDataOf(file);
  const [, ...imageShape] = file.images('x').shape;
  const pixels = imageShape.reduce((product, length) => product * length, 1);
  const weight = edmWeight(sigmaData);
  const preconditioning = edmPreconditioning(sigmaData);
  const setup = distillSetup<EdmUNetParams>({
    network: (params, xt, conditioning) => applyEdmUNet(config, params, xt, conditioning),
    ...{ prediction: 'x0', preconditioning, noiseGrid: edmNoiseGrid, rule: tractEdm({ sigmaData }) },
    ...{ phaseSteps: file.numbers('schedule'), timesteps: file.number('timesteps'), totalSteps: 1e6 },
    lossWeight: (level) => weight(level) / pixels, // the reference takes the mean where ours takes the sum
    ...{ learningRate: file.number('lr'), clipNorm: 0 },
    selfTeacherMomentum: file.number('selfTeacherMomentum'),
    ema: { momentum: file.number('evalMomentum') },
  });
  const batch = batchOf(file, setup);
  const load = (name: string) => loadEdmParams(file, `${name}.`, config);
  const student = load('student');
  const networks = {
    student,
    moments: zeroMoments(student),
    selfTeacher: load('selfTeacher'),
    studentEma: load('eval'),
    teacher: load('teacher'),
  };
  const state: DistillState<EdmUNetParams> = { step: 0, phase: 0, optimizerSteps: 0, ...networks };

  const goal = distillTarget(setup, state, batch);
  /** x0 as the network inside the preconditioning would put it out. */
  const inside = async (what: string, x0: Tensor): Promise<Finding> => {
    const scales = goal.levels.map(({ sigma }) => preconditioning(sigma));
    const output = combine([
      [scales.map(({ cOut }) => 1 / cOut), x0],
      [scales.map(({ cSkip, cOut }) => -cSkip / cOut), goal.xa],
    ]);
    const error = relativeError(await read(output), file.images(what).values);
    dispose(output);
    return { what, error, tolerance: tolerances.images };
  };
  const predicted = predictX0(setup.model, student, goal.xa, goal.levels);
  const findings = [await inside('pred.preconditioned', predicted), await inside('target.preconditioned', goal.x0)];
  dispose(predicted);
  const result = distillUpdate(setup, state, studentGradients(setup, state, goal));
  findings.push({ what: 'loss', error: relativeError([await readScalar(result.loss)], [file.scalar('loss')]), tolerance: tolerances.loss });
  const weights = (prefix: string) => partOfEdmWeights(file, prefix, config);
  const { learningRate } = setup;
  const { weights: tolerance, gradients: gradientTolerance } = tolerances;
  findings.push(...(await weightFindings({ weights, learningRate, tolerance, gradientTolerance }, result.state)));
  dispose([batch, goal, result]);
  return findings;
}

function batchOf(file: GoldenFile, { grid, phases }: DistillSetup<EdmUNetParams>): DistillBatch {
  const positions = file.integers('draw.1');
  return {
    x0: imageTensor(file, 'x'),
    noise: imageTensor(file, 'noise'),
    jumps: file.integers('draw.0').map((interval, i) => jumpOf(grid, phases[0], { interval, offset: positions[i] })),
  };
}

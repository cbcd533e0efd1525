import {
  btd,
  type DistillSetup,
  type DistillState,
  distillSetup,
  distillStep,
  halvings,
  initDistillation,
  initTeacher,
  type Model,
  ownOutputWeight,
  type TargetRule,
  teacherSetup,
  teacherStep,
  tract,
} from '@tract/distill';
import { cosineRate } from '@tract/optim';
import { rootTruncatedSNRWeight } from '@tract/schedules/training';
import { dispose, randomInts, readScalar, tensor } from '@tract/tensor';
import { breathe } from '../page/breathe.js';
import type { Paths } from './path-ends.js';
import { pathsOf } from './paths.js';
import { applyPointNetwork, initPointNetwork, type PointNetwork } from './point-network.js';

const teacherSteps = 32;
const batch = 256;
/** Updates between two looks at the page, and between two pictures. */
const [rest, look] = [10, 50];

/** Picture of a network while it trains. */
export type Sight = { readonly who: 'teacher' | 'tract' | 'btd'; readonly done: number; readonly steps: number; readonly paths: Paths };

const model: Model<PointNetwork> = { network: applyPointNetwork, prediction: 'v' };

/** A batch of the points: a function of the update. */
function drawBatch(points: Float32Array, step: number) {
  const chosen = randomInts({ seed: 0, stream: 104, step }, batch, points.length / 2);
  return tensor(
    Array.from({ length: 2 * batch }, (_, i) => points[2 * chosen[i >> 1] + (i & 1)]),
    [batch, 2],
  );
}

/**
 * Train a teacher on the points, then distil it by TRACT and by halving side by side, as many updates each, and show all three as they learn. Ends
 * early when asked to stop; leaves no tensor behind.
 */
export async function* toyRun(points: Float32Array, updates: number, signal: AbortSignal): AsyncGenerator<Sight> {
  const setup = teacherSetup({
    ...model,
    totalSteps: updates,
    learningRate: 3e-3,
    lrSchedule: cosineRate(),
    lossWeight: ownOutputWeight('v'),
    ema: { halfLife: updates / 40, rampUp: 0.1 },
  });
  const start = initPointNetwork(1);
  let teacher = initTeacher(start);
  dispose(start);
  try {
    while (teacher.updates < updates && !signal.aborted) {
      const x0 = drawBatch(points, teacher.updates);
      const { state, loss, gradNorm } = teacherStep(setup, teacher, { x0 });
      teacher = state;
      if (teacher.updates % rest === 0) await pause(loss);
      dispose([x0, loss, gradNorm]);
      if (teacher.updates % look === 0 || teacher.updates === updates)
        yield {
          who: 'teacher',
          done: teacher.updates / updates,
          steps: teacherSteps,
          paths: await pathsOf(model, teacher.ema, teacherSteps),
        };
    }
    if (!signal.aborted) yield* distilBoth(teacher.ema, points, updates, signal);
  } finally {
    dispose(teacher);
  }
}

type Student = { readonly who: 'tract' | 'btd'; readonly setup: DistillSetup<PointNetwork>; state: DistillState<PointNetwork> };

async function* distilBoth(teacher: PointNetwork, points: Float32Array, updates: number, signal: AbortSignal): AsyncGenerator<Sight> {
  const student = (who: Student['who'], rule: TargetRule, phaseSteps: readonly number[]): Student => {
    const setup = distillSetup({ ...model, rule, phaseSteps, totalSteps: updates, learningRate: 1e-3, lossWeight: rootTruncatedSNRWeight });
    return { who, setup, state: initDistillation(setup, teacher) };
  };
  const students = [student('tract', tract, [teacherSteps, 8, 1]), student('btd', btd, halvings(teacherSteps))];
  try {
    for (let step = 1; step <= updates && !signal.aborted; step++) {
      for (const each of students) {
        const x0 = drawBatch(points, step);
        const { state, loss, gradNorm } = distillStep(each.setup, each.state, { x0 });
        each.state = state;
        if (step % rest === 0) await pause(loss);
        dispose([x0, loss, gradNorm]);
        if (step % look > 0 && step < updates) continue;
        const { studentSteps } = each.setup.phases[state.phase];
        yield { who: each.who, done: step / updates, steps: studentSteps, paths: await pathsOf(model, state.studentEma, studentSteps) };
      }
    }
  } finally {
    dispose(students.map(({ state }) => state));
  }
}

/** Wait until the device has caught up, and let the page answer. @throws Error when training diverged. */
async function pause(loss: Parameters<typeof readScalar>[0]): Promise<void> {
  const value = await readScalar(loss);
  if (!Number.isFinite(value)) throw new Error('training diverged: the loss is not a number');
  await breathe();
}

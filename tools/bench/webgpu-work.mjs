import { distillSetup, distillStep, initDistillation, initTeacher, teacherSetup, teacherStep } from '@tract/distill';
import { dispose, noise, randomNormals, read, readScalar, tensor } from '@tract/tensor';
import { applyUNet, initUNet } from '@tract/unet';

const endless = 1_000_000;

/**
 * The three kinds of work on the active backend, each a function of how often it is to be done in a row. The batch is uploaded for each step, as a
 * loader would; the loss is read after the last, and the images of a forward pass, so that the work is done when the promise resolves.
 * @param {{ network: import('@tract/unet').UNetConfig, batch: number }} of
 */
export function networkWork({ network: config, batch }) {
  const network = (params, xt, conditioning) => applyUNet(config, params, xt, conditioning);
  const shape = [config.imageSize, config.imageSize, config.inChannels];
  const images = randomNormals({ seed: 1 }, batch * shape.reduce((a, b) => a * b)).map((value) => value / 4);
  const freshBatch = () => tensor(images.slice(), [batch, ...shape]);

  const params = initUNet(config, 0);
  const x = noise({ seed: 0, samples: { first: 0, count: batch }, shape });
  const logSNR = Array.from({ length: batch }, (_, i) => 8 - i);
  const teaching = teacherSetup({ network, prediction: 'v', totalSteps: endless });
  const distilling = distillSetup({ network, prediction: 'v', phaseSteps: [1024, 32, 1], totalSteps: endless });
  const states = { teacher: initTeacher(params), student: initDistillation(distilling, params) };

  const steps = (name, step) => async (count) => {
    let last;
    for (let i = 0; i < count; i++) {
      const x0 = freshBatch();
      if (last !== undefined) dispose(last);
      const { state, loss, gradNorm } = step(states[name], { x0 });
      states[name] = state;
      dispose([x0, gradNorm]);
      last = loss;
    }
    await readScalar(last);
    dispose(last);
  };
  return {
    'forward pass': async (count) => {
      for (let i = 0; i < count; i++) {
        const y = network(params, x, { noise: logSNR });
        await read(y);
        dispose(y);
      }
    },
    'training step': steps('teacher', (state, given) => teacherStep(teaching, state, given)),
    'TRACT step': steps('student', (state, given) => distillStep(distilling, state, given)),
  };
}

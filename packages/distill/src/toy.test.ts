import '@tensorflow/tfjs-backend-cpu';
import { cosineRate } from '@tract/optim';
import { dispose, noise, read, readScalar, scale, useBackend } from '@tract/tensor';
import { beforeAll, expect, test } from 'vitest';
import { distillSetup, distillStep, initDistillation, sampleImages } from './index.js';
import { exactGains, gainNetwork } from './toy-network.js';

beforeAll(() => useBackend('cpu'));

test('toy', async () => {
  const sd = 0.25, timesteps = 64;
  const teacher = exactGains(timesteps, sd);
  const network = gainNetwork(timesteps);
  const updates = Number(process.env.U ?? 1000);
  const setup = distillSetup({ network, prediction: 'x0', phaseSteps: [64, 8, 1], updates, learningRate: Number(process.env.LR ?? 0.02), schedule: cosineRate(), ema: { residual: 1e-3 } });
  let state = initDistillation(setup, teacher);
  const t0 = Date.now();
  for (let i = 0; i < updates; i++) {
    const eps = noise({ seed: 7, step: i, samples: { first: 0, count: 64 }, shape: [4, 4, 1] });
    const x0 = scale(eps, sd);
    const r = distillStep(setup, state, { x0 });
    state = r.state;
    if (i % 100 === 0) console.log(i, state.phase, await readScalar(r.loss), await readScalar(r.gradNorm));
    dispose([r.loss, r.gradNorm, x0, eps]);
  }
  console.log('ms', Date.now() - t0);
  const make = async (params: typeof teacher, steps: number) => read(await sampleImages({ model: setup.model, params, steps, seed: 1, indices: [0, 1], shape: [4, 4, 1] }));
  const many = await make(teacher, 64), one = await make(teacher, 1), student = await make(state.studentEma, 1), s8 = await make(state.teacher, 8);
  console.log([...many].slice(0, 6), [...one].slice(0, 6), [...student].slice(0, 6), [...s8].slice(0,6));
  console.log([...await read(state.studentEma.gain)].filter((_, i) => i % 8 === 0));
});

// What every host shares: onnxruntime-web, the samplers, and nothing else.
import { drain, float32SpaceWithSeed, startNoise } from '@tract/samplers';
import { fromSchedulerConfig } from '@tract/samplers/diffusers';
import { levelToLogSNR } from '@tract/schedules';
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1; // more need a page that is isolated from other origins

/** Draw digits, [count, 1, 28, 28] in [-1, 1], in one call of a student that went out with --one-step. */
export async function drawDigits(model, { count, seed }) {
  const session = await ort.InferenceSession.create(model);
  const noise = float32SpaceWithSeed(seed).noise(new Float32Array(count * 28 * 28), -1);
  const { image } = await session.run({ noise: new ort.Tensor('float32', noise, [count, 1, 28, 28]) });
  return image.data;
}

/** Draw a latent [4, 8, 8] of a label as Stable Diffusion does: betas of its scheduler_config.json, DPM-Solver++, guidance in one batched call. */
export async function drawLatent(model, schedulerConfig, { label, steps, seed, scale, onStep, signal }) {
  const session = await ort.InferenceSession.create(model);
  const plan = fromSchedulerConfig({ ...schedulerConfig, _class_name: 'DPMSolverMultistepScheduler' });
  const grid = plan.grid(steps);
  // Where guidance wants a pair it is [of the label, of none], and label 0 is none.
  const network = async (latent, _timestep, { level, pair }) => {
    const labels = pair ? [label, 0] : [label];
    const xt = new Float32Array(labels.length * latent.length);
    for (const i of labels.keys()) xt.set(latent, i * latent.length);
    const { x0 } = await session.run({
      xt: new ort.Tensor('float32', xt, [labels.length, 4, 8, 8]),
      logSNR: new ort.Tensor('float32', new Float32Array(labels.length).fill(levelToLogSNR(level)), [labels.length]),
      labels: new ort.Tensor('int64', BigInt64Array.from(labels, BigInt), [labels.length]),
    });
    return pair ? [x0.data.slice(0, latent.length), x0.data.slice(latent.length)] : x0.data;
  };
  const space = float32SpaceWithSeed(seed);
  const denoise = plan.denoiser(space, network, grid, { guidance: { scale } });
  const xT = startNoise(space, new Float32Array(4 * 8 * 8), grid.levels[0]);
  return drain(plan.sample(space, denoise, xT, grid.levels, { onStep, signal }));
}

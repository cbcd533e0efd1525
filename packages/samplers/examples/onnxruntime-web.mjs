// Draws a digit with a network in an ONNX file: node onnxruntime-web.mjs MODEL.onnx [STEPS]
// Needs @tract/samplers, @tract/schedules and onnxruntime-web, nothing else; in a browser, fetch the file instead of reading it.
import { readFile } from 'node:fs/promises';
import { clampedDenoiser, ddim, drain, float32SpaceWithSeed, startNoise } from '@tract/samplers';
import { levelToLogSNR, vpGrid } from '@tract/schedules';
import * as ort from 'onnxruntime-web';

const [path, steps = '1'] = process.argv.slice(2);
const shape = [1, 1, 28, 28];

ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(await readFile(path));

/** Predict the clean image from the noisy image and the log SNR of its noise. */
async function denoise(xt, level) {
  const noise = new ort.Tensor('float32', [levelToLogSNR(level)], [1]);
  const { x0 } = await session.run({ xt: new ort.Tensor('float32', xt, shape), logSNR: noise });
  return x0.data;
}

const space = float32SpaceWithSeed(1);
const levels = vpGrid(Number(steps));
const xT = startNoise(space, new Float32Array(28 * 28), levels[0]);
const image = await drain(ddim(space, clampedDenoiser(space, denoise), xT, levels));
console.log(JSON.stringify([...image]));

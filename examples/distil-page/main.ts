import { registerWasmBackend } from '@tract/backend-wasm';
import { registerWebGpuBackend } from '@tract/backend-webgpu';
import { distillSetup, distillStep, initDistillation, type Network, sampleImages } from '@tract/distill';
import { dispose, noise, read, scale, useBackend } from '@tract/tensor';
import { applyUNet, initUNet, type UNetParams } from '@tract/unet';

const log = document.querySelector('#log') as HTMLElement;
const say = (text: string): void => log.append(`${text}\n`);

/** Compute on the graphics card, or in WebAssembly where WebGPU is not or the address ends in ?wasm. */
async function chooseBackend(): Promise<string> {
  const asksWasm = location.search === '?wasm';
  const hasGpu =
    !asksWasm && 'gpu' in navigator && (await (navigator.gpu as { requestAdapter(): Promise<unknown> }).requestAdapter()) !== null;
  await (hasGpu ? registerWebGpuBackend() : registerWasmBackend());
  await useBackend(hasGpu ? 'webgpu' : 'wasm');
  return hasGpu ? 'WebGPU' : 'WebAssembly';
}

const backend = await chooseBackend();
say(`Computing on ${backend}`);
const shape = {
  imageSize: 8,
  inChannels: 1,
  channels: 8,
  embChannels: 16,
  channelMult: [1],
  blocks: 1,
  attentionResolutions: [],
  groups: 4,
};
const config = { kind: 'unet' as const, ...shape, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };
const teacher = initUNet(config, 0); // yours would be trained, or read from a file
const network: Network<UNetParams> = (params, xt, conditioning) => applyUNet(config, params, xt, conditioning);
const setup = distillSetup({ network, prediction: 'x0', phaseSteps: [8, 1], totalSteps: 4 });
let state = initDistillation(setup, teacher);
const losses: number[] = [];
while (state.step < setup.totalSteps) {
  const normal = noise({ seed: 1, step: state.step, samples: [0, 1, 2, 3], shape: [8, 8, 1] });
  const x0 = scale(normal, 0.3); // a batch of your images, in [-1, 1]
  const { state: next, loss, gradNorm } = distillStep(setup, state, { x0 });
  losses.push((await read(loss))[0]);
  dispose([normal, x0, loss, gradNorm]);
  state = next;
  say(`Step ${state.step} of ${setup.totalSteps}: loss ${losses[losses.length - 1].toFixed(4)}`);
}
const images = await sampleImages({ model: setup.model, params: state.studentEma, steps: 1, seed: 0, indices: [0, 1], shape: [8, 8, 1] });
say(`Two images in one call each: [${images.shape}]`);
Object.assign(globalThis, { said: { backend, losses, shape: images.shape } });

// One kind of work of a network on one backend, timed; under Node, wasm-work.mjs BACKEND WORK BATCH STEPS SIZE [FOLDER], and in a page by the same words in the address, joined by commas.
// Prints, or leaves in the page's `result`, { ms, how }: milliseconds of one, after a warm-up.
import { useBackend } from '@tract/tensor';
import { networkWork } from './webgpu-work.mjs';

const isPage = 'document' in globalThis;
const [backend, work, batch, steps, size, folder] = isPage ? location.search.slice(1).split(',') : process.argv.slice(2);

const shared = { kind: 'unet', inChannels: 1, blocks: 1, heads: 1, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };
const networks = {
  digits: { ...shared, imageSize: 28, channels: 32, embChannels: 128, channelMult: [1, 2, 2], attentionResolutions: [7] },
  tiny: { ...shared, imageSize: 8, channels: 32, embChannels: 128, channelMult: [1, 2], attentionResolutions: [4] },
};

/** What starts each backend; returns how it computes, and where another checkout's own work is. */
const starters = {
  wasm: async () => {
    const { registerWasmBackend, wasmInfo } = await import('@tract/backend-wasm');
    await registerWasmBackend();
    await useBackend('wasm');
    const { build, threads } = wasmInfo();
    return { how: `${build}, ${threads} threads` };
  },
  native: () => startNative(folder),
  avx2: () => startNative(folder, 'avx2'),
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await useBackend('cpu');
    return { how: '1 thread' };
  },
  // TensorFlow.js's own, from the folder that it was installed into. Its product with a bias reads past matrices that come without a batch, as ours do.
  stock: async () => {
    const { createRequire } = await import('node:module');
    const require = createRequire(`${folder}/`);
    const [{ getKernel, registerKernel, unregisterKernel }] = ['core', 'backend-wasm'].map((name) => require(`@tensorflow/tfjs-${name}`));
    const kernel = getKernel('_FusedMatMul', 'wasm');
    const alone = ({ dataId, shape, dtype }) => ({ dataId, dtype, shape: [1, ...shape] });
    unregisterKernel('_FusedMatMul', 'wasm');
    registerKernel({
      ...kernel,
      kernelFunc: ({ inputs: { a, b, ...others }, backend, attrs }) => {
        const y = kernel.kernelFunc({ inputs: { a: alone(a), b: alone(b), ...others }, backend, attrs });
        return { ...y, shape: y.shape.slice(1) };
      },
    });
    await useBackend('wasm');
    return { how: '1 thread' };
  },
};

/** Start the native kernels of a built checkout, this one or another. */
async function startNative(checkout, instructionSet) {
  const { pathToFileURL } = await import('node:url');
  const load = (path) => import(pathToFileURL(`${checkout}/${path}`).href);
  const { registerNativeBackend, nativeInfo } = await load('packages/backend-native/dist/index.js');
  registerNativeBackend({ instructionSet });
  await (await load('packages/tensor/dist/index.js')).useBackend('native');
  const { instructionSet: set, threads } = nativeInfo();
  return { how: `${set}, ${threads} threads`, ...(await load('tools/bench/webgpu-work.mjs')) };
}

async function measure() {
  const { how, networkWork: workOf = networkWork } = await starters[backend]();
  const count = Number(steps);
  const run = workOf({ network: networks[size], batch: Number(batch) })[work.replace('-', ' ')];
  await run(1);
  const started = performance.now();
  await run(count);
  return { ms: (performance.now() - started) / count, how };
}

if (isPage) globalThis.result = measure();
else {
  console.log(JSON.stringify(await measure()));
  process.exit(); // threads would hold the process
}

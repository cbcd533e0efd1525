import '@tensorflow/tfjs-backend-cpu';
import { useBackend } from '@tract/tensor';
import * as ort from 'onnxruntime-web/webgpu';
import { epsilonsOf, exampleOf, graphError, models } from './onnx-examples.js';
import type { Runtime } from './onnx-runtimes.js';

/** onnxruntime-web whose sessions compute by WebGPU. */
const webgpu = {
  ...ort,
  InferenceSession: { create: (model: Uint8Array) => ort.InferenceSession.create(model, { executionProviders: ['webgpu'] }) },
} as unknown as Runtime;

/** Errors of the models whose normalisations have the epsilon of the address; a page for each, for the kernels keep the first that they met. */
async function errors() {
  ort.env.wasm.numThreads = 1;
  await useBackend('cpu');
  const found = [];
  for (const [name, model] of models.filter(([, one]) =>
    epsilonsOf(one).has(Number((globalThis as unknown as { location: { search: string } }).location.search.slice(1))),
  )) {
    const example = await exampleOf(model);
    const float32 = await graphError(webgpu, model, 'float32', example);
    const float16 = await graphError(webgpu, model, 'float16', example).catch(({ message }: Error) => message);
    found.push({ name, float32, float16 });
  }
  return found;
}

Object.assign(globalThis, { result: errors() });

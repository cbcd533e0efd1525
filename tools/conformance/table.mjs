// npm run conformance-table: every operation on every backend, its errors and what computes it, as a page.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { noChromium, resultOfPage } from '@tract/backend-webgpu/testing';
import { useBackend } from '@tract/tensor';
import { backendsPage } from './page.mjs';
import { kindsOf, measureRows } from './rows.mjs';

const help = `usage: npm run conformance-table -- [options]

Measures the operations of the conformance suite on each backend that this
machine has and writes a page of their errors. Takes some minutes. TensorFlow
is the one that TRACT_TFJS_NODE names or that is installed here.

  --out <file>  default: results/backends.md
  --software    WebGPU on the driver of Debian's chromium, which computes on
                the CPU (default: on the driver that the system finds)`;

/** Each starts a backend and says what it runs on. `stock`: whose kernels it took over. */
const backends = (software) => [
  {
    name: 'cpu',
    stock: 'cpu',
    start: async () => {
      await import('@tract/backend-native'); // builds on the plain one, which it registers
      return `plain JavaScript, Node ${process.versions.node}`;
    },
  },
  {
    name: 'native',
    stock: 'cpu',
    start: async () => {
      const { nativeInfo, registerNativeBackend } = await import('@tract/backend-native');
      registerNativeBackend();
      return `C++, ${nativeInfo().instructionSet}, ${availableParallelism()} threads`;
    },
  },
  {
    name: 'wasm',
    stock: 'cpu',
    start: async () => {
      const { registerWasmBackend, wasmInfo } = await import('@tract/backend-wasm');
      await registerWasmBackend();
      return `WebAssembly, ${wasmInfo().build}, ${wasmInfo().threads} threads`;
    },
  },
  {
    name: 'webgpu',
    stock: 'webgpu-stock',
    start: async () => {
      const { registerWebGpuBackend } = await import('@tract/backend-webgpu');
      const { nodeGpu, softwareDriver } = await import('@tract/backend-webgpu/node');
      const driver = software ? softwareDriver() : process.env.TRACT_WEBGPU_DRIVER || undefined;
      const { description } = await registerWebGpuBackend({ gpu: await nodeGpu({ driver }) });
      return `WGSL under Node, ${description}`;
    },
  },
  {
    name: 'tensorflow',
    stock: 'tensorflow',
    start: async () => {
      const { registerTensorFlowBackend } = await import('@tract/backend-tensorflow');
      const { addon, addonVersion, tensorflow, device } = await registerTensorFlowBackend({ addon: process.env.TRACT_TFJS_NODE });
      return `${addon} ${addonVersion}, TensorFlow ${tensorflow} on ${device === 'gpu' ? 'a GPU' : 'the processor'}`;
    },
  },
];

const failure = (name, error) => ({ name, failure: error.message.split('\n')[0] });

async function measure({ name, stock, start }) {
  let details;
  try {
    details = await start();
    await useBackend(name);
  } catch (error) {
    return failure(name, error);
  }
  console.error(`measuring ${name}: ${details}`);
  const rows = await measureRows();
  return { name, details, rows, kinds: kindsOf(rows, name, stock) };
}

/** The WebGPU kernels once more, in a browser. */
async function measureInChromium() {
  const name = 'chromium';
  try {
    const missing = noChromium();
    if (missing) throw new Error(missing);
    console.error(`measuring ${name}`);
    const measured = await resultOfPage(fileURLToPath(new URL('chromium-page.mjs', import.meta.url)));
    return { name, details: 'WGSL in headless Chromium, on its SwiftShader', ...measured };
  } catch (error) {
    return failure(name, error);
  }
}

function optionsOf(args) {
  const options = {
    out: { type: 'string', default: 'results/backends.md' },
    software: { type: 'boolean', default: false },
    help: { type: 'boolean' },
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    console.error(`error: ${error.message.split('\n')[0]}; see --help`);
    process.exit(2);
  }
}

const { out, software, help: asked } = optionsOf(process.argv.slice(2));
if (asked) console.log(help);
else {
  const measured = [];
  for (const backend of backends(software)) measured.push(await measure(backend));
  measured.push(await measureInChromium());
  writeFileSync(out, backendsPage(measured));
  console.log(out);
  process.exit(); // a WebGPU device would hold the process
}

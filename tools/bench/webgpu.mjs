// npm run bench:webgpu: our WebGPU kernels and TensorFlow.js's own in turn on one adapter; writes a page of times, ratios and traffic.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countTraffic, registerStockWebGpuBackend, registerWebGpuBackend, WebGpuUnavailableError } from '@tract/backend-webgpu';
import { nodeGpu, softwareDriver } from '@tract/backend-webgpu/node';
import { useBackend } from '@tract/tensor';
import { countParameters, unetSpec } from '@tract/unet';
import { machine } from './machine.mjs';
import { median } from './medians.mjs';
import { ToolError } from './programs.mjs';
import { count, runTool } from './tool-options.mjs';
import { webgpuPage } from './webgpu-page.mjs';
import { networkWork } from './webgpu-work.mjs';

const help = `usage: npm run bench:webgpu -- [options]

Measures a forward pass, a training step and a TRACT step of the digits network
through our WebGPU kernels and through TensorFlow.js's own, in turn on one
adapter, and what goes up and down meanwhile. Meant for an idle machine.

  --batch <n>   images of a step (default: 8)
  --steps <n>   timed in a row (default: 4)
  --runs <n>    rounds, of which the medians count (default: 3)
  --work <list> of forward, training, tract (default: all)
  --software    the driver of Debian's chromium, which computes on the CPU
                (default: the driver that the system finds)
  --quick       a tiny network, one round of one step, to try the tool out
  --out <file>  default: results/webgpu.md`;

const options = {
  batch: { type: 'string', default: '8' },
  steps: { type: 'string', default: '4' },
  runs: { type: 'string', default: '3' },
  work: { type: 'string', default: 'forward,training,tract' },
  software: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  out: { type: 'string', default: 'results/webgpu.md' },
  help: { type: 'boolean', default: false },
};

const shared = { kind: 'unet', inChannels: 1, blocks: 1, heads: 1, scaleShift: true, resampleInBlocks: true, outputs: 1, classes: 1 };
const digits = { ...shared, imageSize: 28, channels: 32, embChannels: 128, channelMult: [1, 2, 2], attentionResolutions: [7] };
const tiny = { ...shared, imageSize: 8, channels: 32, embChannels: 128, channelMult: [1, 2], attentionResolutions: [4] };

const backends = { ours: 'webgpu', stock: 'webgpu-stock' };
const workNames = { forward: 'forward pass', training: 'training step', tract: 'TRACT step' };

function optionsOf(args) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new ToolError(`${error.message.split('\n')[0]}; see --help`, 2);
  }
}

/** @throws ToolError (usage) */
function chosenWork(list) {
  return list.split(',').map((name) => {
    if (!Object.hasOwn(workNames, name)) throw new ToolError(`no work '${name}': expected ${Object.keys(workNames).join(', ')}`, 2);
    return workNames[name];
  });
}

/** @returns the adapter in its driver's words @throws ToolError (backend missing) */
async function start(software) {
  const driver = software ? softwareDriver() : undefined;
  if (software && driver === undefined) throw new ToolError('no software driver here: apt-get install chromium', 4);
  try {
    const gpu = await nodeGpu({ driver });
    await registerStockWebGpuBackend({ gpu });
    return await registerWebGpuBackend({ gpu });
  } catch (error) {
    if (!(error instanceof WebGpuUnavailableError)) throw error;
    throw new ToolError(`${error.message}; --software takes the driver of Debian's chromium`, 4);
  }
}

const perTime = (traffic, times) => Object.fromEntries(Object.entries(traffic).map(([name, value]) => [name, value / times]));

/** `steps` in a row. @returns {Promise<import('./webgpu-page.mjs').Figure>} */
async function measure(work, steps, traffic) {
  traffic.take();
  const started = performance.now();
  await work(steps);
  return { milliseconds: (performance.now() - started) / steps, traffic: perTime(traffic.take(), steps) };
}

async function main(args) {
  const asked = optionsOf(args);
  if (asked.help) return console.log(help);
  const [batch, steps, rounds] = asked.quick ? [2, 1, 1] : ['batch', 'steps', 'runs'].map((name) => count(name, asked[name]));
  const names = chosenWork(asked.work);
  const network = asked.quick ? tiny : digits;
  const before = machine();
  const { description, software } = await start(asked.software);
  const traffic = countTraffic();
  const work = {};
  for (const [who, backend] of Object.entries(backends)) {
    await useBackend(backend);
    work[who] = networkWork({ network, batch });
  }
  const taken = Object.fromEntries(names.map((name) => [name, { ours: [], stock: [] }]));
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      for (const [who, backend] of Object.entries(backends)) {
        await useBackend(backend);
        if (round === 1) await work[who][name](1); // shaders are compiled
        const figure = await measure(work[who][name], steps, traffic);
        taken[name][who].push(figure);
        console.error(`round ${round} of ${rounds}, ${name}, ${who}: ${figure.milliseconds.toFixed(0)} ms`);
      }
    }
  }
  traffic.stop();
  const middle = (figures) => ({ ...figures.at(-1), milliseconds: median(figures.map(({ milliseconds }) => milliseconds)) });
  const figures = Object.fromEntries(names.map((name) => [name, { ours: middle(taken[name].ours), stock: middle(taken[name].stock) }]));
  const page = webgpuPage({
    machine: before,
    adapter: description,
    software,
    title: asked.quick ? 'tiny (a trial, no measurement)' : 'digits',
    parameters: countParameters(unetSpec(network)),
    batch,
    batchBytes: 4 * batch * network.imageSize ** 2 * network.inChannels,
    steps,
    rounds,
    command: ['npm run bench:webgpu --', ...args].join(' '),
    figures,
  });
  writeFileSync(asked.out, page);
  console.log(asked.out);
}

await runTool(main);
process.exit(); // the devices would hold the process

// npm run bench:wasm: one kind of work of the digits network on our WebAssembly kernels and on what they are compared with, in turn; prints the ratio of the medians.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { noChromium, resultOfPage } from '@tract/backend-webgpu/testing';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { capture, ToolError } from './programs.mjs';
import { count, runTool } from './tool-options.mjs';

const help = `usage: npm run bench:wasm -- forward|tract|page [--rounds 5] [--batch 64] [--quick]

  forward  a forward pass of the digits network: ours, TensorFlow.js's own
           WebAssembly backend, and our native kernels, which tell how much a
           processor could gain
  tract    a TRACT step: ours, TensorFlow.js in plain JavaScript (the batch is
           1 there, and one step is timed; ms are for one image), and our
           native kernels with AVX2
  page     a TRACT step, ours: in a page of Chromium that is isolated, with as
           many threads as under Node

  --rounds <n>       each side in turn, of which the medians count
  --batch <n>        images of a step of ours
  --node <program>   Node of all sides but pages; relaxed multiply-adds need 22
                     or later (npm i node@24 in a folder brings one)
  --native <folder>  a built checkout whose native kernels are taken (this one)
  --quick            a tiny network, one round, to try the tool out`;

const work = fileURLToPath(new URL('wasm-work.mjs', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const stockVersion = '4.22.0';

/** Time a side under Node, in a process of its own. @throws ToolError when it fails. */
async function underNode({ node, backend, work: name, batch, steps, size, folder = '' }) {
  const { code, stdout, stderr } = await capture(node, [work, backend, name, batch, steps, size, folder].map(String));
  if (code !== 0) throw new ToolError(`${name} on ${backend}: ${/^\w*Error.*/m.exec(stderr)?.[0] ?? stderr.trim()}`, 1);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const inPage = ({ backend, work: name, batch, steps, size }) =>
  resultOfPage(work, { isolated: true, search: `?${[backend, name, batch, steps, size].join(',')}` });

/** What is compared, as sides { name, run, side }, ours first; `stock` has TensorFlow.js's own backend, `native` our native one. */
const comparisons = {
  forward: (ours, { stock, native }) => [
    { name: 'ours', run: underNode, side: { ...ours, work: 'forward-pass' } },
    {
      name: `TensorFlow.js ${stockVersion} wasm`,
      run: underNode,
      side: { ...ours, backend: 'stock', work: 'forward-pass', steps: 1, folder: stock },
    },
    { name: 'native', run: underNode, side: { ...ours, backend: 'native', work: 'forward-pass', folder: native } },
  ],
  tract: (ours, { native }) => [
    { name: 'ours', run: underNode, side: ours },
    { name: 'TensorFlow.js cpu', run: underNode, side: { ...ours, backend: 'cpu', steps: 1, batch: 1 } },
    { name: 'native with AVX2', run: underNode, side: { ...ours, backend: 'avx2', folder: native } },
  ],
  page: (ours) => [
    { name: 'ours in a page of Chromium', run: inPage, side: ours },
    { name: 'ours under Node', run: underNode, side: ours },
  ],
};

function optionsOf(args) {
  const options = {
    rounds: { type: 'string', default: '5' },
    batch: { type: 'string', default: '64' },
    node: { type: 'string', default: process.execPath },
    native: { type: 'string', default: root },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  };
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (!values.help && (positionals.length !== 1 || !Object.hasOwn(comparisons, positionals[0])))
      throw new Error('expected forward, tract or page');
    return { ...values, figure: positionals[0] };
  } catch (error) {
    throw new ToolError(`${error.message.split('\n')[0]}; see --help`, 2);
  }
}

function installStock() {
  const folder = mkdtempSync(join(tmpdir(), 'tract-stock-wasm-'));
  const packages = ['wasm', 'cpu'].map((name) => `@tensorflow/tfjs-backend-${name}@${stockVersion}`);
  execFileSync('npm', ['i', '--silent', '--no-audit', '--no-fund', ...packages, `@tensorflow/tfjs-core@${stockVersion}`], { cwd: folder });
  return folder;
}

async function main(args) {
  const { figure, help: isHelp, quick, rounds, batch, node, native } = optionsOf(args);
  if (isHelp) return console.log(help);
  const reason = figure === 'page' ? noChromium() : undefined;
  if (reason) throw new ToolError(reason, 4);
  const warning = busyWarning(machine());
  if (warning) console.error(`Note: ${warning}`);
  const stock = figure === 'forward' ? installStock() : undefined;
  try {
    const ours = {
      node,
      backend: 'wasm',
      work: 'TRACT-step',
      size: quick ? 'tiny' : 'digits',
      batch: quick ? 2 : count('batch', batch),
      steps: quick ? 1 : 5,
    };
    const sides = comparisons[figure](ours, { stock, native: resolve(native) });
    const taken = sides.map(() => []);
    for (let round = 1; round <= (quick ? 1 : count('rounds', rounds)); round++)
      for (const [i, { name, run, side }] of sides.entries()) {
        const { ms, how } = await run(side);
        taken[i].push(ms / side.batch);
        console.error(`round ${round}: ${name} (${how}), batch ${side.batch}: ${(ms / side.batch).toFixed(3)} ms an image`);
      }
    const [first, ...others] = taken.map(median);
    console.log(`${figure}, ${availableParallelism()} processors: ${sides[0].name} ${first.toFixed(3)} ms an image`);
    for (const [i, other] of others.entries())
      console.log(`  ${sides[i + 1].name} ${other.toFixed(3)} ms: ours is ${(other / first).toFixed(2)}x as fast`);
  } finally {
    if (stock) rmSync(stock, { recursive: true });
  }
}

await runTool(main);

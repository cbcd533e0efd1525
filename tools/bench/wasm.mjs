// npm run bench:wasm: one kind of work of the digits network on our WebAssembly kernels and on what they are compared with, in turn; prints the ratio of the medians.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { noChromium, resultOfPage } from '@tract/backend-webgpu/testing';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { capture, ToolError } from './programs.mjs';
import { count, runTool } from './tool-options.mjs';

const help = `usage: npm run bench:wasm -- forward|tract|page [--rounds 5] [--batch 64] [--quick]

  forward  a forward pass of the digits network: ours and TensorFlow.js's own
           WebAssembly backend, both under this Node
  tract    a TRACT step: ours and TensorFlow.js in plain JavaScript (the batch
           is 2 there, and one step is timed; ms are for one image)
  page     a TRACT step, ours: in a page of Chromium that is isolated, with as
           many threads as under Node

  --rounds <n>  each side in turn, of which the medians count
  --batch <n>   images of a step of ours
  --quick       a tiny network, one round, to try the tool out`;

const work = fileURLToPath(new URL('wasm-work.mjs', import.meta.url));
const stockVersion = '4.22.0';

/** Time a side under Node, in a process of its own. @throws ToolError when it fails. */
async function underNode({ backend, work: name, batch, steps, size, stock = '' }) {
  const { code, stdout, stderr } = await capture(process.execPath, [work, backend, name, batch, steps, size, stock].map(String));
  if (code !== 0) throw new ToolError(`${name} on ${backend}: ${/^\w*Error.*/m.exec(stderr)?.[0] ?? stderr.trim()}`, 1);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const inPage = ({ backend, work: name, batch, steps, size }) =>
  resultOfPage(work, { isolated: true, search: `?${[backend, name, batch, steps, size].join(',')}` });

/** What is compared, as sides { name, run, side }; `folder` has TensorFlow.js's own backend. */
const comparisons = {
  forward: (ours, folder) => [
    { name: 'ours', run: underNode, side: { ...ours, work: 'forward-pass' } },
    {
      name: `TensorFlow.js ${stockVersion} wasm`,
      run: underNode,
      side: { ...ours, backend: 'stock', work: 'forward-pass', steps: 1, stock: folder },
    },
  ],
  tract: (ours) => [
    { name: 'ours', run: underNode, side: ours },
    { name: 'TensorFlow.js cpu', run: underNode, side: { ...ours, backend: 'cpu', steps: 1, batch: Math.min(ours.batch, 2) } },
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
  const { figure, help: isHelp, quick, rounds, batch } = optionsOf(args);
  if (isHelp) return console.log(help);
  const reason = figure === 'page' ? noChromium() : undefined;
  if (reason) throw new ToolError(reason, 4);
  const warning = busyWarning(machine());
  if (warning) console.error(`Note: ${warning}`);
  const folder = figure === 'forward' ? installStock() : undefined;
  try {
    const ours = {
      backend: 'wasm',
      work: 'TRACT-step',
      size: quick ? 'tiny' : 'digits',
      batch: quick ? 2 : count('batch', batch),
      steps: quick ? 1 : 5,
    };
    const sides = comparisons[figure](ours, folder);
    const taken = sides.map(() => []);
    for (let round = 1; round <= (quick ? 1 : count('rounds', rounds)); round++)
      for (const [i, { name, run, side }] of sides.entries()) {
        const { ms, how } = await run(side);
        taken[i].push(ms / side.batch);
        console.error(`round ${round}: ${name} (${how}), batch ${side.batch}: ${(ms / side.batch).toFixed(3)} ms an image`);
      }
    const [first, other] = taken.map(median);
    console.log(
      `${figure}, ${availableParallelism()} processors: ${sides[0].name} ${first.toFixed(3)} ms, ${sides[1].name} ${other.toFixed(3)} ms an image: ${(other / first).toFixed(2)}x`,
    );
  } finally {
    if (folder) rmSync(folder, { recursive: true });
  }
}

await runTool(main);

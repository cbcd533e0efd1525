// npm run bench:metrics: the Fréchet distance, streamed statistics and Inception features, ours and Python's in turn; prints the ratios.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { capture, ToolError } from './programs.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const tasks = {
  frechet: 'Frechet distance, beside scipy.linalg.sqrtm',
  statistics: 'mean and covariance, beside numpy',
  inception: 'Inception features, beside PyTorch eager',
};
const full = { dimensions: 2048, rows: 50_000, block: 500, batch: 32 };
const quick = { dimensions: 128, rows: 1000, block: 500, batch: 1 };

const help = `usage: npm run bench:metrics -- [options]

Runs each task in our program and in Python's, in turn, and prints the median seconds and their
ratio, and how far the two results are apart. Meant for an idle machine; takes ten minutes or so.

  --python <program>  a Python that has numpy, scipy and PyTorch (default: TRACT_PYTHON, else python3)
  --tasks <list>      of ${Object.keys(tasks).join(', ')} (default: all)
  --runs <n>          rounds, of which the medians count (default: 5)
  --threads <n>       of each program (default: all cores)
  --channels-last     PyTorch's images and filters with channels last
  --quick             one round of small tasks, to try the tool out`;

async function measure(file, args) {
  const { code, stdout, stderr } = await capture(file, args);
  if (code !== 0) throw new ToolError(`${file} ${args[0]} ${args[1]}: ${stderr.trim().split('\n').at(-1)}`, 1);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

async function main(args) {
  const options = toolOptions(args, {
    python: { type: 'string', default: process.env.TRACT_PYTHON || 'python3' },
    tasks: { type: 'string', default: Object.keys(tasks).join(',') },
    runs: { type: 'string', default: '5' },
    'channels-last': { type: 'boolean', default: false },
  });
  if (options.help) return console.log(help);
  const chosen = options.tasks.split(',');
  const stranger = chosen.find((task) => !Object.hasOwn(tasks, task));
  if (stranger !== undefined) throw new ToolError(`no task '${stranger}': expected ${Object.keys(tasks).join(', ')}`, 2);
  const rounds = options.quick ? 1 : count('runs', options.runs);
  const threads = String(count('threads', options.threads));
  const sizes = JSON.stringify(options.quick ? quick : full);
  const warning = busyWarning(machine());
  if (warning !== undefined) console.error(`note: ${warning}`);
  const folder = mkdtempSync(join(tmpdir(), 'tract-bench-'));
  try {
    const { code, stderr } = await capture(process.execPath, ['tools/bench/metrics-ours.mjs', 'make', folder, sizes, threads]);
    if (code !== 0) throw new ToolError(`cannot make the inputs: ${stderr.trim().split('\n').at(-1)}`, 1);
    for (const task of chosen) {
      const [ours, theirs] = [[], []];
      const layout = options['channels-last'] ? ['--channels-last'] : [];
      for (let round = 0; round < rounds; round++) {
        ours.push(await measure(process.execPath, ['tools/bench/metrics-ours.mjs', task, folder, sizes, threads]));
        theirs.push(await measure(options.python, ['tools/bench/metrics_bench.py', task, folder, sizes, threads, ...layout]));
      }
      const [a, b] = [ours, theirs].map((runs) => median(runs.map(({ seconds }) => seconds)));
      const apart = Math.abs(ours[0].value / theirs[0].value - 1);
      console.log(
        `${tasks[task]}: ours ${a.toFixed(3)} s, theirs ${b.toFixed(3)} s, ratio ${(b / a).toFixed(2)}; results ${apart.toExponential(1)} apart`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await runTool(main);

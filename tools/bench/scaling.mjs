// npm run bench:scaling: images a second as channels, pixels, batch and threads grow, beside what the machine could do, and a model of a step's time fitted to it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { linePlot } from '@tract/plot';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { capture, ToolError } from './programs.mjs';
import { errorsOf, fit, kinds } from './scaling-model.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const help = `usage: npm run bench:scaling -- [options]

Measures forward passes and TRACT steps of the native backend as one thing grows: channels (32 to 256), pixels of a side
(28 to 128), images of a batch (1 to 64), threads. Fits a model of a step's time for each number of threads, and says how
far it is from each point that it was not fitted to. Writes scaling-channels.svg, scaling-side.svg, scaling-batch.svg and
scaling.json. Meant for an idle machine; takes twenty minutes.

  --runs <n>          rounds of one process for each point, of which the medians count (default: 3)
  --steps <n>         turns of a process, of which the median counts (default: 3)
  --threads <n>       compared with 1 (default: as many as there are processors)
  --out <folder>      default: results/speed
  --quick             two tiny points, to try the tool out`;

const child = fileURLToPath(new URL('scaling-work.mjs', import.meta.url));

const networkOf = (channels, side) => ({
  ...{ channels, channelMult: [1, 2, 2], blocks: 1, attentionResolutions: [side / 4], imageSize: side },
  inChannels: side === 28 ? 1 : 3,
});

/** What grows: name, the axis of its figure, and the points [value, network, batch]. */
const growths = [
  ['channels', 'channels of the first level (32 x 32 pixels, 8 images)', [32, 64, 128, 256].map((n) => [n, networkOf(n, 32), 8])],
  ['side', 'pixels of a side (32 channels, 8 images)', [28, 32, 64, 128].map((n) => [n, networkOf(32, n), 8])],
  ['batch', 'images of a batch (the digits network)', [1, 4, 16, 64].map((n) => [n, networkOf(32, 28), n])],
];
const tiny = [['batch', 'images of a batch (tiny)', [1, 2].map((n) => [n, { ...networkOf(32, 8), channelMult: [1, 2] }, n])]];

const kindsOfWork = /** @type {const} */ (['forward', 'tract']);

async function measure(point) {
  const { code, stdout, stderr } = await capture(process.execPath, [child, JSON.stringify(point)]);
  if (code !== 0) throw new ToolError(`${JSON.stringify(point)} does not run: ${stderr.trim().split('\n').at(-1)}`, 1);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Measure all points round by round, so that a slow minute of the machine meets all of them; medians over the rounds. */
async function measureAll(growing, threads, rounds, turns) {
  const points = growing.flatMap(([growth, , sizes]) =>
    sizes.flatMap(([value, network, batch]) => threads.map((n) => ({ growth, value, network, batch, threads: n, taken: [] }))),
  );
  for (let round = 1; round <= rounds; round++)
    for (const { taken, network, batch, threads: n, growth, value } of points) {
      const found = await measure({ network, batch, threads: n, turns });
      taken.push(found);
      console.error(
        `round ${round} of ${rounds}, ${growth} ${value}, ${n} threads: forward ${found.forward.ms.toFixed(1)} ms, TRACT ${found.tract.ms.toFixed(1)} ms`,
      );
    }
  return points.map(({ taken, ...point }) => ({
    ...point,
    peaks: taken[0].peaks,
    ...Object.fromEntries(kindsOfWork.map((kind) => [kind, { work: taken[0][kind].work, ms: median(taken.map((one) => one[kind].ms)) }])),
  }));
}

/** Images a second of a growth's points with all threads, beside what the direct algorithm and the operands' bytes would allow a forward pass. */
function figure([, label], points) {
  const line = (name, speed) => ({ name, points: points.map((point) => [point.value, (1000 * point.batch) / speed(point)]) });
  const flops = ({ work }) => work.convolutionFlops + work.productFlops;
  const bytes = ({ work }) => work.convolutionBytes + work.otherBytes;
  return linePlot({
    title: `Images a second, ${points[0].threads} threads`,
    x: { label, scale: 'log2' },
    y: { label: 'images a second', scale: 'log10' },
    lines: [
      line('forward', ({ forward }) => forward.ms),
      line('TRACT step', ({ tract }) => tract.ms),
      line('direct, at peak', ({ forward, peaks }) => flops(forward) / peaks.multiplyAddGflops / 1e6),
      line('bytes, as copied', ({ forward, peaks }) => bytes(forward) / peaks.copyGBs / 1e6),
    ],
  });
}

const percent = (value) => `${(100 * value).toFixed(1)}%`;

async function main(args) {
  const options = toolOptions(args, { runs: { type: 'string', default: '3' } });
  if (options.help) return console.log(help);
  const { quick, out } = options;
  const growing = quick ? tiny : growths;
  const threads = [...new Set([1, count('threads', options.threads)])];
  const where = machine();
  const warning = busyWarning(where);
  if (warning !== undefined) console.error(`note: ${warning}`);
  const points = await measureAll(growing, threads, quick ? 1 : count('runs', options.runs), quick ? 1 : count('steps', options.steps));
  mkdirSync(out, { recursive: true });
  const most = threads[threads.length - 1];
  for (const growth of growing) {
    const shown = points.filter((point) => point.growth === growth[0] && point.threads === most);
    writeFileSync(join(out, `scaling-${growth[0]}.svg`), figure(growth, shown));
  }
  const models = threads.map((n) => {
    const own = points
      .filter((point) => point.threads === n)
      .flatMap(({ growth, value, ...point }) => kindsOfWork.map((kind) => ({ growth, value, kind, ...point[kind] })));
    return { threads: n, coefficients: fit(own), points: errorsOf(own) };
  });
  writeFileSync(join(out, 'scaling.json'), `${JSON.stringify({ machine: where, points, models }, null, 2)}\n`);
  for (const { threads: n, coefficients, points: own } of models) {
    console.log(`${n} threads:`);
    for (const [i, [, words]] of kinds.entries()) console.log(`  ${coefficients[i].toFixed(4)} ${words}`);
    console.log('| what | | measured, ms | model, ms | error, fitted to all | to the others |\n| --- | --- | --- | --- | --- | --- |');
    for (const { growth, value, kind, ms, error, unseen } of own)
      console.log(
        `| ${growth} ${value} | ${kind} | ${ms.toFixed(1)} | ${(ms * (1 + error)).toFixed(1)} | ${percent(error)} | ${percent(unseen)} |`,
      );
  }
}

await runTool(main);

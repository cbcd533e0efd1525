// npm run bench:sweep: images a second against batch size and threads as two plots, and whether the bits stay the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linePlot } from '@tract/plot';
import { busyWarning, machine } from './machine.mjs';
import { networks, tinyNetwork } from './networks.mjs';
import { ourSweep, ToolError } from './programs.mjs';
import { costSpread, differentBits, throughputLines } from './sweep-findings.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const help = `usage: npm run bench:sweep -- [options]

Measures \`tract bench sweep\` on the digits network with batches of 1, 2, 4, ... 256 and 1 and 2 threads: all sizes
in turn within one process. Writes sweep-forward.svg, sweep-tract.svg and sweep.json, and fails if threads or
repetition change a bit. Meant for an idle machine; takes twenty minutes.

  --runs <n>          rounds of one process for each number of threads, of which
                      the medians count; at least 2 (default: 3)
  --steps <n>         turns of each size in a process, of which the median counts (default: 8)
  --threads <n>       compared with 1 (default: 2)
  --out <folder>      default: results/speed
  --quick             two tiny batches of a tiny network, to try the tool out`;

const columns = /** @type {const} */ (['forward', 'tract']);
const titles = { forward: 'Forward pass', tract: 'TRACT step' };

/** Measure all points, round by round, so that a slow minute of the machine meets all of them. */
async function measureAll({ network, batches, threads, rounds, steps }) {
  const points = batches.flatMap((batch) => threads.map((n) => ({ batch, threads: n, rounds: [] })));
  for (let round = 1; round <= rounds; round++) {
    for (const n of threads) {
      const flags = [...network.flags, '--batches', batches.join(','), '--runs', String(steps), '--threads', String(n)];
      const measured = await ourSweep.measure(flags).catch((error) => {
        throw new ToolError(`tract bench sweep does not run: ${error.message}`, 1);
      });
      for (const { batch, ...figures } of measured.points) {
        points.find((point) => point.batch === batch && point.threads === n).rounds.push(figures);
        const { forward, tract } = figures;
        console.error(
          `round ${round} of ${rounds}, batch ${batch}, ${n} threads: forward ${forward.toFixed(2)}, tract ${tract.toFixed(2)} images/s`,
        );
      }
    }
  }
  return points;
}

const percent = (spread) => (spread === undefined ? undefined : Number((100 * spread).toFixed(1)));

function findings(points, threads) {
  const different = differentBits(points);
  const costSpreadPercent = Object.fromEntries(
    columns.map((column) => [column, Object.fromEntries(threads.map((n) => [n, percent(costSpread(points, column, n))]))]),
  );
  return { bitIdentical: different.length === 0, batchesWithOtherBits: different, costSpreadPercent };
}

async function main(args) {
  const own = {
    runs: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
  };
  const options = toolOptions(args, own);
  if (options.help) return console.log(help);
  const { quick, out } = options;
  const rounds = quick ? 2 : count('runs', options.runs);
  if (rounds < 2) throw new ToolError('--runs must be at least 2, for the bits of two rounds are compared', 2);
  const threads = [...new Set([1, count('threads', options.threads)])];
  const batches = quick ? [1, 2] : [1, 2, 4, 8, 16, 32, 64, 128, 256];
  const network = quick ? tinyNetwork : networks.digits;
  const where = machine();
  const warning = busyWarning(where);
  if (warning !== undefined) console.error(`note: ${warning}`);
  const points = await measureAll({ network, batches, threads, rounds, steps: quick ? 1 : count('steps', options.steps) });
  const found = findings(points, threads);
  mkdirSync(out, { recursive: true });
  for (const column of columns) {
    const plot = {
      title: `${titles[column]}, ${network.title}`,
      x: { label: 'images of a batch', scale: 'log2' },
      y: { label: 'images a second' },
      lines: throughputLines(points, column),
    };
    writeFileSync(join(out, `sweep-${column}.svg`), linePlot(plot));
  }
  const report = { machine: where, network: network.flags.join(' '), rounds, ...found, points };
  writeFileSync(join(out, 'sweep.json'), `${JSON.stringify(report, null, 2)}\n`);
  for (const column of columns) {
    for (const [n, spread] of Object.entries(found.costSpreadPercent[column])) {
      if (spread !== undefined) console.log(`${column}, ${n} threads: the cost of an image varies by ${spread}% from batch 8 up`);
    }
  }
  if (!found.bitIdentical)
    throw new ToolError(`results differ between threads or rounds at batch ${found.batchesWithOtherBits.join(', ')}`, 1);
  console.log(`the results of ${threads.join(' and ')} threads and of ${rounds} rounds are the same bits at every batch size`);
}

await runTool(main);

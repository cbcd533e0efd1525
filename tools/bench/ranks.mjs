// npm run bench:ranks: trainings by one process with two threads and by two ranks with one thread each, in turn, and what more ranks would cost.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imagePng } from '@tract/images';
import { busyWarning, machine } from './machine.mjs';
import { median } from './medians.mjs';
import { ToolError } from './programs.mjs';
import { efficiencyTable } from './ranks-model.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const help = `usage: npm run bench:ranks -- [options]

Trains the digits network (batch 64) and the small colour network (batch 32) by one process with two threads and by two
ranks with one thread each, over Open MPI and MPICH where they are built (tract mpi build), all in turn; prints images/s
and the ratios, and a table of step times and efficiency to 256 ranks, modelled from the measured speed. Writes
ranks.json. Meant for an idle machine with two cores.

  --runs <n>        rounds, of which the medians count (default: 3)
  --steps <n>       lines of the log in a training, of 20 updates each, of which the first is left out (default: 3)
  --networks <list> digits, colour (default: both)
  --out <folder>    default: results/speed
  --quick           one round of few updates, to try the tool out`;

const script = fileURLToPath(new URL('../../apps/cli/bin/tract.mjs', import.meta.url));

const networks = {
  digits: { title: 'digits, batch 64', batch: 64, settings: { preset: 'mnist-teacher' } },
  colour: {
    title: 'small colour, batch 32',
    batch: 32,
    settings: {
      preset: 'mnist-teacher',
      network: { channels: 64, blocks: 2, attentionResolutions: [8], imageSize: 32, inChannels: 3 },
    },
  },
};

const launchers = {
  'one process, 2 threads': [],
  'Open MPI, 2 ranks': ['mpirun.openmpi', '-n', '2'],
  'MPICH, 2 ranks': ['mpiexec.hydra', '-n', '2'],
};

function run([program, ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.on('error', (error) => resolve({ code: -1, said: error.message }));
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** Images a second of a training, from its log; undefined where it does not run, with the reason told. */
async function train(name, { batch, settings }, { lines, folder, images }) {
  const out = join(folder, 'run');
  rmSync(out, { recursive: true, force: true });
  const config = join(folder, 'settings.json');
  const total = 20 * lines * batch;
  writeFileSync(config, JSON.stringify({ ...settings, images: total, batch, checkpointEvery: total, ...(images && { data: images }) }));
  const launcher = launchers[name];
  const more = ['--samples', '0', '--silent', '--threads', launcher.length > 0 ? '1' : '2'];
  const command = [...launcher, process.execPath, script, 'train', '--config', config, '--out', out, ...more];
  const { code, said } = await run(command, { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' });
  if (code !== 0) {
    console.error(
      `${name}: left out: ${
        said
          .trim()
          .split('\n')
          .find((line) => /error/.test(line)) ?? said.trim().split('\n')[0]
      }`,
    );
    return undefined;
  }
  const log = readFileSync(join(out, 'stats.jsonl'), 'utf8').trim().split('\n');
  return median(log.slice(log.length > 1 ? 1 : 0).map((line) => JSON.parse(line).imagesPerSecond));
}

/** 64 pictures of colours for the small colour network. */
function writePictures(folder) {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 64; i++) {
    const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => (at * (i + 3) * 7) % 256);
    writeFileSync(join(folder, `${i}.png`), imagePng({ data, count: 1, height: 32, width: 32, channels: 3 }, 0));
  }
  return `folder=${folder}`;
}

async function main(args) {
  const own = { runs: { type: 'string', default: '3' }, networks: { type: 'string', default: 'digits,colour' } };
  const options = toolOptions(args, own);
  if (options.help) return console.log(help);
  const [rounds, lines] = options.quick ? [1, 1] : [count('runs', options.runs), 1 + count('steps', options.steps)];
  const chosen = options.networks.split(',');
  const unknown = chosen.find((name) => !Object.hasOwn(networks, name));
  if (unknown !== undefined) throw new ToolError(`--networks: expected ${Object.keys(networks).join(' or ')}, got '${unknown}'`, 2);
  const host = machine();
  const warning = busyWarning(host);
  if (warning) console.error(warning);
  const folder = mkdtempSync(join(tmpdir(), 'tract-ranks-'));
  const found = {};
  try {
    const pictures = writePictures(join(folder, 'pictures'));
    for (let round = 1; round <= rounds; round++) {
      for (const name of chosen) {
        for (const way of Object.keys(launchers)) {
          if (found[name]?.[way] === undefined && round > 1) continue;
          const speed = await train(way, networks[name], { lines, folder, images: name === 'colour' && pictures });
          if (speed === undefined) continue;
          found[name] ??= {};
          found[name][way] ??= [];
          found[name][way].push(speed);
          console.error(`round ${round} of ${rounds}, ${networks[name].title}, ${way}: ${speed} images/s`);
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const medians = Object.fromEntries(
    Object.entries(found).map(([name, ways]) => [
      name,
      Object.fromEntries(Object.entries(ways).map(([way, speeds]) => [way, median(speeds)])),
    ]),
  );
  for (const [name, ways] of Object.entries(medians)) {
    const one = ways['one process, 2 threads'];
    for (const [way, speed] of Object.entries(ways))
      console.log(
        `${networks[name].title.padEnd(24)} ${way.padEnd(24)} ${String(speed).padStart(8)} images/s  ${(speed / one).toFixed(2)}x`,
      );
  }
  console.log(`\n${efficiencyTable()}`);
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'ranks.json'), `${JSON.stringify({ machine: host, rounds: found, medians }, null, 2)}\n`);
}

await runTool(main);

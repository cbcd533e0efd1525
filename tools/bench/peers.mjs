// npm run bench:peers: ours and its peers in turn on the networks that speed is claimed for; writes a page with the ratios.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureInTurn } from './contest.mjs';
import { busyWarning, machine } from './machine.mjs';
import { networks, tinyNetwork } from './networks.mjs';
import { peersPage, ratiosOf } from './peers-table.mjs';
import { ours, peerPrograms, ToolError, torchVersion } from './programs.mjs';
import { count, runTool, toolOptions } from './tool-options.mjs';

const help = `usage: npm run bench:peers -- [options]

Measures \`tract bench step\`, PyTorch (eager and compiled, contiguous and channels last, bfloat16),
ONNX Runtime and JAX in turn, as far as the Python has them, and writes peers.md and peers.json. Meant for an idle machine; takes an hour or more.

  --python <program>  a Python that has torch, and perhaps onnx, onnxscript, onnxruntime, jax
                      (default: TRACT_PYTHON, else python3)
  --networks <list>   of ${Object.keys(networks).join(', ')} (default: all)
  --runs <n>          rounds, of which the medians count (default: 5)
  --steps <n>         timed steps of a round (default: 3)
  --threads <n>       of each program (default: all cores)
  --out <folder>      default: results/speed
  --quick             one round on a tiny network, without compiled PyTorch, to try the tool out`;

/** @throws ToolError (usage) for a name that is none */
function chosenNetworks(list) {
  return list.split(',').map((name) => {
    if (!Object.hasOwn(networks, name)) throw new ToolError(`no network '${name}': expected ${Object.keys(networks).join(', ')}`, 2);
    return networks[name];
  });
}

/** Measurements: a TRACT step of each network, and the latency of one image where digits are among them. */
function plan({ quick, networks: list, steps, threads }) {
  const shared = ['--threads', String(threads)];
  const step = (network) => ({
    kind: 'step',
    title: network.title,
    flags: [...network.flags, '--batch', String(network.batch), '--runs', String(steps), ...shared],
  });
  const latency = (network, runs) => ({
    kind: 'latency',
    title: `One image through the network ${network.title}`,
    flags: [...network.flags, '--batch', '1', '--runs', String(runs), ...shared],
  });
  if (quick) return [step(tinyNetwork), latency(tinyNetwork, 1)];
  const chosen = chosenNetworks(list);
  return [...chosen.map(step), ...chosen.filter((network) => network === networks.digits).map((network) => latency(network, 50))];
}

async function main(args) {
  const options = toolOptions(args, {
    python: { type: 'string', default: process.env.TRACT_PYTHON || 'python3' },
    networks: { type: 'string', default: Object.keys(networks).join(',') },
    runs: { type: 'string', default: '5' },
  });
  if (options.help) return console.log(help);
  const rounds = options.quick ? 1 : count('runs', options.runs);
  const steps = options.quick ? 1 : count('steps', options.steps);
  const threads = count('threads', options.threads);
  const work = plan({ ...options, steps, threads });
  const torch = await torchVersion(options.python);
  const report = { machine: machine(), torch, rounds, steps, threads, contests: [] };
  const warning = busyWarning(report.machine);
  if (warning !== undefined) console.error(`note: ${warning}`);
  const peers = peerPrograms(options.python);
  const programs = [ours, ...(options.quick ? peers.filter(({ name }) => !name.startsWith('PyTorch compiled')) : peers)];
  for (const { kind, title, flags } of work) {
    console.error(`${title}: ${flags.join(' ')}`);
    const entries = await measureInTurn(programs, flags, rounds, (line) => console.error(`  ${line}`));
    if (entries[0].failure !== undefined) throw new ToolError(`tract bench step does not run: ${entries[0].failure}`, 1);
    const contest = { kind, title, flags, entries };
    report.contests.push({ ...contest, ratios: ratiosOf(contest) });
  }
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, 'peers.md'), peersPage(report));
  writeFileSync(join(options.out, 'peers.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(join(options.out, 'peers.md'));
}

await runTool(main);

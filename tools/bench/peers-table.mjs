import { busyWarning } from './machine.mjs';
import { median } from './medians.mjs';

/**
 * @typedef {import('./programs.mjs').Figures} Figures
 *
 * @typedef {object} Contest what was measured on one network; the first program is ours, the second the plain peer
 * @property {string} title
 * @property {readonly string[]} flags
 * @property {'step' | 'latency'} kind latency: one image, of which only the forward pass counts
 * @property {readonly Entry[]} entries
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {readonly string[]} command
 * @property {readonly Figures[]} rounds
 * @property {string} [failure] why there is no figure
 */

const columns = /** @type {const} */ (['forward', 'train', 'tract', 'peakRssMB']);
const worked = (entry) => entry.failure === undefined && entry.rounds.length > 0;
/** Undefined where a program does not do that kind of work. */
const medianOf = (entry, column) =>
  entry.rounds[0][column] === undefined ? undefined : median(entry.rounds.map((figures) => figures[column]));

const speed = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const shown = (column, value) => (value === undefined ? '-' : column === 'peakRssMB' ? value.toFixed(0) : speed(value));
const times = (ratio) => `**${ratio.toFixed(2)}x**`;
const row = (cells) => `| ${cells.join(' | ')} |`;

/** The best of those peers in a column; undefined where none has a figure. */
const best = (peers, column) => {
  const figures = peers.filter(worked).flatMap((peer) => medianOf(peer, column) ?? []);
  if (figures.length === 0) return undefined;
  return column === 'peakRssMB' ? Math.min(...figures) : Math.max(...figures);
};

/** Ours by the best of those peers; above 1 is better in a speed, below 1 in memory. */
const ratios = ([mine], peers) =>
  Object.fromEntries(
    columns.map((column) => {
      const peer = best(peers, column);
      return [column, worked(mine) && peer !== undefined ? medianOf(mine, column) / peer : undefined];
    }),
  );

/** Whom ours is compared with, by what a row is called. bfloat16 has a row of its own: ours computes in float32. */
const rivals = {
  eager: ['PyTorch eager', (name) => name === 'PyTorch eager'],
  fastest: ['best PyTorch in each column', (name) => name.startsWith('PyTorch') && !name.includes('bfloat16')],
  bfloat16: ['PyTorch bfloat16', (name) => name.includes('bfloat16')],
  onnxruntime: ['ONNX Runtime', (name) => name === 'ONNX Runtime'],
  jax: ['JAX', (name) => name.startsWith('JAX')],
};

/** Our figures by those of each rival that took part. */
export const ratiosOf = ({ entries }) =>
  Object.fromEntries(
    Object.entries(rivals).flatMap(([key, [, takes]]) => {
      const peers = entries.slice(1).filter(({ name }) => takes(name));
      return peers.length === 0 ? [] : [[key, ratios(entries, peers)]];
    }),
  );

const ratioRow = (title, of) => row([title, ...columns.map((column) => (of[column] === undefined ? '-' : times(of[column])))]);

function stepTable(contest) {
  return [
    row(['program', 'forward images/s', 'train images/s', 'tract images/s', 'peak MB']),
    row(['---', '---:', '---:', '---:', '---:']),
    ...contest.entries.map((entry) =>
      worked(entry)
        ? row([entry.name, ...columns.map((column) => shown(column, medianOf(entry, column)))])
        : row([`${entry.name} (does not run: ${entry.failure})`, '-', '-', '-', '-']),
    ),
    ...Object.entries(ratiosOf(contest)).map(([key, of]) => ratioRow(`tract / ${rivals[key][0]}`, of)),
  ];
}

function latencyTable(contest) {
  return [
    row(['program', 'forward ms']),
    row(['---', '---:']),
    ...contest.entries.map((entry) =>
      worked(entry)
        ? row([entry.name, (1000 / medianOf(entry, 'forward')).toFixed(2)])
        : row([`${entry.name} (does not run: ${entry.failure})`, '-']),
    ),
    ...Object.entries(ratiosOf(contest)).map(([key, { forward }]) =>
      row([`tract is faster than ${rivals[key][0].replace(' in each column', '')} by`, forward === undefined ? '-' : times(forward)]),
    ),
  ];
}

const quoted = (word) => (/^[\w.,/=-]+$/.test(word) ? word : `"${word}"`);

/** Both programs should build the same network; where the counts differ the page says so. */
function parametersLine({ entries }) {
  const counts = entries.filter(worked).map(({ name, rounds }) => [name, rounds[0].params]);
  const same = counts.every(([, count]) => count === counts[0][1]);
  const show = (count) => count.toLocaleString('en-US');
  if (counts.length === 0) return 'Nothing ran.';
  return same
    ? `${show(counts[0][1])} parameters in each program.`
    : `Parameters: ${counts.map(([name, count]) => `${name} ${show(count)}`).join(', ')}.`;
}

const section = (contest) => [
  `## ${contest.title}`,
  '',
  parametersLine(contest),
  '',
  ...(contest.kind === 'latency' ? latencyTable(contest) : stepTable(contest)),
  '',
  '```sh',
  ...contest.entries.map(({ command }) => [...command, ...contest.flags].map(quoted).join(' ')),
  '```',
  '',
];

/**
 * The page of a comparison in Markdown.
 * @param {{ machine: ReturnType<typeof import('./machine.mjs').machine>, torch: string, rounds: number, steps: number, threads: number, contests: readonly Contest[] }} report
 */
export function peersPage({ machine, torch, rounds, steps, threads, contests }) {
  const warning = busyWarning(machine);
  return [
    '# Speed against PyTorch, ONNX Runtime and JAX on the same cores',
    '',
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}; Node ${machine.node}, PyTorch ${torch}; ${threads} threads each.`,
    ...(warning === undefined ? [] : ['', `Note: ${warning}.`]),
    '',
    `Written by \`npm run bench:peers\`. The programs ran in turn, each in a process of its own, ${rounds} times around; each time one warm-up (ours also rehearses with one image for a second and a half, until its JavaScript is compiled) and the median of ${steps} timed steps`,
    '(one-image latency: of 50); the figures are medians of the rounds. Train is forward, backward, clipping, Adam and two averages; tract adds a teacher and a self-teacher',
    "forward. Peak MB is the largest resident size of the process (ONNX Runtime's includes PyTorch, which exports the network). Arithmetic is float32 where no other is named.",
    '',
    ...contests.flatMap(section),
  ].join('\n');
}

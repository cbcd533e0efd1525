import { busyWarning } from './machine.mjs';

/**
 * @typedef {object} Figure of one kind of work by one set of kernels, all for one time
 * @property {number} milliseconds
 * @property {import('@tract/backend-webgpu').Traffic} traffic
 *
 * @typedef {Readonly<Record<string, { ours: Figure, stock: Figure }>>} Figures by the work's name
 */

const row = (cells) => `| ${cells.join(' | ')} |`;
const whole = (value) => Math.round(value).toLocaleString('en-US');
const cells = ({ milliseconds, traffic }) => [
  ...[milliseconds, traffic.dispatches, traffic.submissions, traffic.uploadedBytes, traffic.uniformBytes, traffic.readBytes].map(whole),
];

/**
 * The page in Markdown.
 * @param {{ machine: ReturnType<typeof import('./machine.mjs').machine>, adapter: string, software: boolean, title: string, parameters: number, batch: number, batchBytes: number, steps: number, rounds: number, command: string, figures: Figures }} report
 */
export function webgpuPage({ machine, adapter, software, title, parameters, batch, batchBytes, steps, rounds, command, figures }) {
  const warning = busyWarning(machine);
  return [
    '# Speed of the WebGPU kernels',
    '',
    `${adapter} under Node ${machine.node}; ${machine.processor}, ${machine.cores} cores.`,
    ...(software
      ? ['', '**This adapter computes on the CPU**: the ratios compare kernels there, and say nothing of a graphics card.']
      : []),
    ...(warning === undefined ? [] : ['', `Note: ${warning}.`]),
    '',
    `Network: ${title}, ${whole(parameters)} parameters, batch ${batch} (${whole(batchBytes)} bytes). Ours against the same network from TensorFlow.js's own WebGPU kernels alone, which our`,
    `composed references put together; in turn, after a warm-up each, rounds: ${rounds}, in a row: ${steps} with one loss read after the last. Milliseconds are medians of the rounds; all figures are for one`,
    'pass or step. A training step is noise, forward, backward, clipping, Adam and an average; a TRACT step adds a teacher, a self-teacher and its average.',
    '',
    row(['work', 'kernels', 'ms', 'dispatches', 'submissions', 'tensor bytes up', 'uniform bytes up', 'bytes down', 'ratio']),
    row(['---', '---', '---:', '---:', '---:', '---:', '---:', '---:', '---:']),
    ...Object.entries(figures).flatMap(([name, { ours, stock }]) => [
      row([name, 'ours', ...cells(ours), `**${(stock.milliseconds / ours.milliseconds).toFixed(2)}x**`]),
      row([name, 'stock', ...cells(stock), '']),
    ]),
    '',
    '```sh',
    command,
    '```',
    '',
  ].join('\n');
}

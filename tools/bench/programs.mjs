import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** An end of a tool that its user can act on. */
export class ToolError extends Error {
  /** @param {number} exitCode as the command line has them: 1 failed, 2 usage, 4 a program is missing */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** @returns {Promise<{ code: number, stdout: string, stderr: string }>} code 1 also where the program cannot be started */
export function capture(file, args) {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

const lastLine = (text) => text.trim().split('\n').at(-1)?.trim() || 'it ended without a word';

/**
 * @typedef {object} Program one of those that are compared
 * @property {string} name
 * @property {readonly string[]} command as a reader would type it, without the network's flags
 * @property {(flags: readonly string[]) => Promise<Figures>} measure @throws Error with the program's last words when it fails
 *
 * @typedef {object} Figures images a second and megabytes
 * @property {number} forward
 * @property {number} [train] absent where a program only runs networks
 * @property {number} [tract] likewise
 * @property {number} peakRssMB
 * @property {number} params
 * @property {string} [digest]
 */

/** @returns {Program} */
function program(name, file, args, shown) {
  const measure = async (flags) => {
    const { code, stdout, stderr } = await capture(file, [...args, ...flags]);
    if (code !== 0) throw new Error(lastLine(stderr));
    return JSON.parse(lastLine(stdout));
  };
  return { name, command: shown, measure };
}

const bench = (work) => {
  const args = ['apps/cli/bin/tract.mjs', 'bench', work, '--backend', 'native'];
  return program('tract', process.execPath, [...args, '--silent', '--json'], ['node', ...args, '--json']);
};

/** `tract bench step` of this workspace, as built. */
export const ours = bench('step');

/** `tract bench sweep`, whose figures are of many batch sizes. */
export const ourSweep = bench('sweep');

const modes = [
  ['PyTorch eager', 'torch_bench.py'],
  ['PyTorch eager, channels last', 'torch_bench.py', '--channels-last'],
  ['PyTorch compiled', 'torch_bench.py', '--compile'],
  ['PyTorch compiled, channels last', 'torch_bench.py', '--compile', '--channels-last'],
  ['PyTorch bfloat16, channels last', 'torch_bench.py', '--bf16', '--channels-last'],
  ['ONNX Runtime', 'ort_bench.py'],
  ['JAX compiled', 'jax_bench.py'],
];

/** The peers: PyTorch in its modes, of which the first is the plain one, ONNX Runtime (forward pass only) and JAX. @returns {Program[]} */
export const peerPrograms = (python) =>
  modes.map(([name, script, ...flags]) => {
    const args = [`tools/bench/${script}`, ...flags];
    return program(name, python, args, ['python3', ...args]);
  });

/** @returns {Promise<string>} PyTorch's version @throws ToolError (a program is missing) */
export async function torchVersion(python) {
  const { code, stdout, stderr } = await capture(python, ['-c', 'import torch; print(torch.__version__)']);
  if (code === 0) return stdout.trim();
  throw new ToolError(
    `no PyTorch in ${python} (${lastLine(stderr)}); name a Python that has it with --python or TRACT_PYTHON, or install it: pip install torch numpy`,
    4,
  );
}

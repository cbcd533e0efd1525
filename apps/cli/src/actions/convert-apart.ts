import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { CliError, dataError, exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { destinationKind } from './convert-destination.js';

/** Limits of a conversion, beyond which it is given up. */
export type ConvertLimits = {
  /** Megabytes. Default: three quarters of the machine's memory. */
  readonly memoryLimit?: number;
  /** Seconds. */
  readonly timeLimit: number;
};

/** Ends that the other process tells in a sentence of its own. */
const told = new Set<number>([exitCodes.failed, exitCodes.usage, exitCodes.data]);

/** Message of V8 for a buffer that memory cannot hold. */
const noRoom = 'Array buffer allocation failed';

/**
 * Run this command line once more with `--here`, in a process that may take so much memory and time: where there is a shell (Linux, macOS) its
 * `ulimit` keeps the data to it, which Linux enforces for buffers too; JavaScript's own heap is limited everywhere.
 */
function runApart({ memoryLimit, timeLimit }: Required<ConvertLimits>): SpawnSyncReturns<string> {
  const [script, command, ...given] = process.argv.slice(1);
  const node = [process.execPath, ...process.execArgv, `--max-old-space-size=${memoryLimit}`, script, command, '--here', ...given];
  const limited = `ulimit -d ${Math.floor((memoryLimit * 1e6) / 1024)} 2>/dev/null; exec "$@"`;
  const [program, ...args] = process.platform === 'win32' ? node : ['/bin/sh', '-c', limited, 'sh', ...node];
  return spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    timeout: timeLimit * 1000,
    killSignal: 'SIGKILL',
  });
}

/**
 * Convert in a process of its own, so that a file which makes its reader crash, hang or fill the memory ends that process alone.
 * @throws CliError as the other process ended; (bad data) when it did not come to an end, with nothing written.
 */
export function convertApart(io: Io, path: string, destination: string, { memoryLimit = mostMemory(), timeLimit }: ConvertLimits): void {
  destinationKind(destination); // so it is new, or an empty folder
  const wasThere = existsSync(destination);
  const onTheWay = [`${destination}.tmp`, `${destination}.old`].filter((name) => !existsSync(name));
  const limits = { memoryLimit, timeLimit };
  const ended = runApart(limits);
  const { status, stderr } = ended;
  if (status === exitCodes.ok) {
    io.err(stderr);
    return;
  }
  if (status !== null && told.has(status) && !stderr.includes(noRoom)) throw new CliError(stderr.replace(/^error: /, '').trimEnd(), status);
  for (const name of [destination, ...onTheWay]) rmSync(name, { recursive: true, force: true });
  if (wasThere) mkdirSync(destination);
  throw dataError(`${path} could not be converted: its reader ${fateOf(ended, limits)}; nothing was written`);
}

function fateOf({ status, signal, error, stderr }: SpawnSyncReturns<string>, { memoryLimit, timeLimit }: Required<ConvertLimits>): string {
  if (error && 'code' in error && error.code === 'ETIMEDOUT') return `took more than ${timeLimit} s, the limit of --time-limit`;
  if (error && signal === null) return `did not start (${error.message})`;
  if (stderr.includes(noRoom)) return `needed more than ${memoryLimit} MB, the limit of --memory-limit`;
  return `ended by ${signal ?? `code ${status}`}, as when it needs more than the ${memoryLimit} MB of --memory-limit`;
}

/** Return three quarters of the memory of this machine, or of the container that it is in, in megabytes. */
function mostMemory(): number {
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY; // 0 where nothing constrains it
  return Math.floor((0.75 * Math.min(totalmem(), allowed)) / 1e6);
}

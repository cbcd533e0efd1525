import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { type LimitedEnd, mostMemory, type RunLimits, runLimited } from '@tract/convert/node';
import { CliError, dataError, exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { destinationKind } from './convert-destination.js';

/** Ends that the other process tells in a sentence of its own. */
const told = new Set<number>([exitCodes.failed, exitCodes.usage, exitCodes.data]);

/**
 * Convert by this command line once more with `--here`, in a process that is held to limits.
 * @throws CliError as the other process ended; (bad data) when it did not come to an end, with nothing written.
 */
export function convertApart(io: Io, path: string, destination: string, { memoryLimit = mostMemory(), timeLimit }: RunLimits): void {
  destinationKind(destination); // so it is new, or an empty folder
  const wasThere = existsSync(destination);
  const onTheWay = [`${destination}.tmp`, `${destination}.old`].filter((name) => !existsSync(name));
  const [script, command, ...given] = process.argv.slice(1);
  const limits = { memoryLimit, timeLimit };
  const ended = runLimited([script, command, '--here', ...given], limits);
  const { code, stderr, met } = ended;
  if (code === exitCodes.ok) {
    io.err(stderr);
    return;
  }
  if (code !== null && told.has(code) && !met) throw new CliError(stderr.replace(/^error: /, '').trimEnd(), code);
  for (const name of [destination, ...onTheWay]) rmSync(name, { recursive: true, force: true });
  if (wasThere) mkdirSync(destination);
  throw dataError(`${path} could not be converted: its reader ${fateOf(ended, limits)}; nothing was written`);
}

function fateOf({ code, signal, met, notStarted }: LimitedEnd, { memoryLimit, timeLimit }: RunLimits): string {
  if (met === 'time') return `took more than ${timeLimit} s, the limit of --time-limit`;
  if (notStarted !== undefined) return `did not start (${notStarted})`;
  if (met === 'memory') return `needed more than ${memoryLimit} MB, the limit of --memory-limit`;
  return `ended by ${signal ?? `code ${code}`}, as when it needs more than the ${memoryLimit} MB of --memory-limit`;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LogLine } from '@tract/report';

const bin = fileURLToPath(new URL('../../bin/tract.mjs', import.meta.url));

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly stderr: () => string };

/** Start the built command line as a user does, on the native backend where a command computes. */
export function startTract(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd?: string): Started {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: { ...process.env, TRACT_DEBUG: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...said })));
  return { child, ended, stderr: () => said.stderr };
}

/** Run a command to its end. */
export const tract = (args: readonly string[], env?: NodeJS.ProcessEnv, cwd?: string): Promise<Ended> => startTract(args, env, cwd).ended;

/** Wait until the condition holds. @throws Error when the process ends first. */
export async function until(
  { child, ended }: Pick<Started, 'child'> & { readonly ended: Promise<object> },
  condition: () => boolean,
): Promise<void> {
  while (!condition()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended too early: ${JSON.stringify(await ended)}`);
    await sleep(3);
  }
}

/** Read RUN/stats.jsonl, as far as it is written. */
export function readLog(run: string): LogLine[] {
  const path = join(run, 'stats.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as LogLine);
}

/** A folder that is gone when the tests of the file are done. */
export function scratchFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tract-cli-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

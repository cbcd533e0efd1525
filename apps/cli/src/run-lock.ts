import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { failure } from './errors.js';

/** Who works in a run folder. */
type Holder = { readonly pid: number; readonly host: string; readonly boot?: string };

const here: Holder = { pid: process.pid, host: hostname(), boot: bootId() };

/** Names this start of the machine: after the next one its numbers of processes begin anew. Undefined where the system has no such name. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The name of the lock in a run folder. */
export const lockName = 'lock';

const held = new Set<string>();

/**
 * Makes this process the only one that works in an existing run folder, by the file RUN/lock; it is removed when the process ends. The
 * lock of a process of this machine that is no longer there is taken over.
 * @throws CliError (failed) when another process holds it.
 */
export function lockRun(run: string): void {
  const path = join(run, lockName);
  if (held.has(path)) return;
  while (!createLock(path)) {
    const holder = readHolder(path);
    if (!isGone(holder)) throw failure(`${run} is in use by ${show(holder)}; let it end, or remove ${path} if that is no tract`);
    rmSync(path, { force: true });
  }
  held.add(path);
  process.on('exit', () => rmSync(path, { force: true }));
}

/** Creates the file if there is none. */
function createLock(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  writeSync(file, `${JSON.stringify(here)}\n`);
  closeSync(file);
  return true;
}

/** Undefined for a file that says nothing, as one does between its creation and its content. */
function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether the holder was a process of this machine that has ended. Of another machine nobody here knows. */
function isGone(holder: Holder | undefined): boolean {
  if (holder?.host !== here.host) return false;
  if (holder.boot !== undefined && here.boot !== undefined && holder.boot !== here.boot) return true;
  // A container often gives its process the same number again.
  if (holder.pid === here.pid) return true;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

const show = (holder: Holder | undefined): string => (holder ? `process ${holder.pid} on ${holder.host}` : 'another process');

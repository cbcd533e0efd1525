import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RunBusy } from '../run-error.js';
import { lockName } from '../run-files.js';

/** Process that works in a run folder. */
type Holder = { readonly pid: number; readonly host: string; readonly boot?: string };

const here: Holder = { pid: process.pid, host: hostname(), boot: bootId() };

/** Name of this start of the machine: after the next one process numbers begin anew. Undefined where the system has no such name. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

const held = new Set<string>();

/**
 * Make this process the only one that works in an existing run folder, by the file RUN/lock, which is removed by `unlockRun` or when the
 * process ends. The lock of a process of this machine that is no longer there is taken over.
 * @throws RunBusy when another process holds it.
 */
export function lockRun(run: string): void {
  const path = join(run, lockName);
  if (held.has(path)) return;
  while (!createLock(path)) {
    const holder = readHolder(path);
    if (!isGone(holder)) throw new RunBusy(`${run} is in use by ${show(holder)}`, `let it end, or remove ${path} if that is no training`);
    rmSync(path, { force: true });
  }
  if (held.size === 0) process.on('exit', unlockAll);
  held.add(path);
}

/** Let other processes work in a run folder; nothing where this one has not locked it. */
export function unlockRun(run: string): void {
  const path = join(run, lockName);
  if (held.delete(path)) rmSync(path, { force: true });
  if (held.size === 0) process.off('exit', unlockAll);
}

function unlockAll(): void {
  for (const path of held) rmSync(path, { force: true });
}

/** Create the file. @returns false where there is one. */
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

/** Undefined for a file that names nobody, as one does between its creation and its content. */
function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** True if the holder was a process of this machine that has ended. Nothing is known here of another machine's. */
function isGone(holder: Holder | undefined): boolean {
  if (holder?.host !== here.host) return false;
  if (holder.boot !== undefined && here.boot !== undefined && holder.boot !== here.boot) return true;
  // A container often gives its process the same number again.
  if (holder.pid === here.pid) return true;
  const end = performance.now() + ENDING_MS;
  let state = stateOf(holder.pid);
  while (state === 'ending' && performance.now() < end) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    state = stateOf(holder.pid);
  }
  return state === 'gone';
}

/** Milliseconds to wait for a process that is at its end: that of a killed rank frees its memory after its launcher has ended. */
const ENDING_MS = 10_000;

/** Flag of a process that runs nothing more, in Linux's /proc/PID/stat (PF_EXITING of the kernel's sched.h). */
const EXITING = 4;

/**
 * Tell if a process of this machine is there. One that has ended and of which its parent has not heard, as in a container whose first process
 * waits for no children, is gone; so is nothing that still frees its memory.
 */
function stateOf(pid: number): 'there' | 'ending' | 'gone' {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'gone' : 'there';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in brackets, and may hold any.
    const [state, , , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isLast = readdirSync(`/proc/${pid}/task`).length === 1;
    if ('ZX'.includes(state) && isLast) return 'gone';
    return (Number(flags) & EXITING) !== 0 ? 'ending' : 'there';
  } catch (error) {
    // No /proc, or the process went away while it was read.
    return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '') && process.platform === 'linux' ? 'gone' : 'there';
  }
}

const show = (holder: Holder | undefined): string => (holder ? `process ${holder.pid} on ${holder.host}` : 'another process');

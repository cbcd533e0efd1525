import fs from 'node:fs';
import type { Disk } from '../node/disk.js';

/**
 * Fault of a call of the disk. `ENOSPC`, `EIO`: it fails. `short`: it writes a part. `full`: so it does, and every write after it fails.
 * `kill`: this process is killed in the middle of it, which for all calls but a write is before it.
 */
export type Fault = 'ENOSPC' | 'EIO' | 'short' | 'full' | 'kill';

const failure = (code: string, name: string): Error => Object.assign(new Error(`${code}: made for a test, ${name}`), { code });

type WriteArguments = [file: number, bytes: Uint8Array, from: number, count: number];

const writePart = ([file, bytes, from, count]: WriteArguments, part: number): number =>
  fs.writeSync(file, bytes, from, Math.ceil(count * part));

/** A disk on which call number `at` (from 1) meets a fault, a write after `part` of it, and the number of calls it has had. */
export function faultyDisk(at: number, fault: Fault, part = 1 / 3): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0;
  const disk = diskWith((name, call, args) => {
    calls++;
    const isDue = calls === at || (fault === 'full' && calls > at);
    if (!isDue) return call(...args);
    if (fault === 'ENOSPC' || fault === 'EIO') throw failure(fault, name);
    if (name === 'writeSync' && calls > at) throw failure('ENOSPC', name);
    const result = name === 'writeSync' ? writePart(args as WriteArguments, part) : fault === 'kill' || call(...args);
    if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
    return result;
  });
  return { disk, calls: () => calls };
}

/** A disk that notes its calls, such as `fsync RUN/a.tmp`; the file of a descriptor is named by its path. */
export function notingDisk(): { readonly disk: Disk; readonly calls: string[] } {
  const calls: string[] = [];
  const paths = new Map<number, string>();
  const disk = diskWith((name, call, args) => {
    const result = call(...args);
    if (name === 'openSync') paths.set(result as number, args[0] as string);
    const shown = name === 'renameSync' ? `${args[0]} ${args[1]}` : (paths.get(args[0] as number) ?? args[0]);
    calls.push(`${name.replace('Sync', '')} ${shown}`);
    return result;
  });
  return { disk, calls };
}

type Call = (...args: unknown[]) => unknown;

/** `node:fs` with each call of it handed to `around`. */
const diskWith = (around: (name: keyof Disk, call: Call, args: unknown[]) => unknown): Disk =>
  new Proxy(fs, {
    get(real, name: keyof Disk) {
      return (...args: unknown[]) => around(name, real[name] as Call, args);
    },
  });

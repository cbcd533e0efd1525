import fs from 'node:fs';
import type { Disk } from '../disk.js';

/**
 * `ENOSPC`, `EIO`: the call fails. `short`: it writes a part. `full`: so it does, and every write after it fails. `kill`: this process is
 * killed in the middle of it, which for all calls but a write is before it.
 */
export type Fault = 'ENOSPC' | 'EIO' | 'short' | 'full' | 'kill';

const failure = (code: string, name: string): Error => Object.assign(new Error(`${code}: made for a test, ${name}`), { code });

type WriteArguments = [file: number, bytes: Uint8Array, from: number, count: number];

const writePart = ([file, bytes, from, count]: WriteArguments, part: number): number =>
  fs.writeSync(file, bytes, from, Math.ceil(count * part));

/** A disk on which call number `at` (from 1) meets a fault, a write after `part` of it, and how many calls it has had. */
export function faultyDisk(at: number, fault: Fault, part = 1 / 3): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0;
  const disk = new Proxy(fs, {
    get(real, name: keyof Disk) {
      const call = real[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        calls++;
        const isDue = calls === at || (fault === 'full' && calls > at);
        if (!isDue) return call(...args);
        if (fault === 'ENOSPC' || fault === 'EIO') throw failure(fault, name);
        if (name === 'writeSync' && calls > at) throw failure('ENOSPC', name);
        const result = name === 'writeSync' ? writePart(args as WriteArguments, part) : fault === 'kill' || call(...args);
        if (fault === 'kill') process.kill(process.pid, 'SIGKILL');
        return result;
      };
    },
  });
  return { disk, calls: () => calls };
}

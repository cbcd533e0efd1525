import fs from 'node:fs';
import type { Disk } from '../disk.js';

/** `ENOSPC`, `EIO`: the call fails. `short`: it writes a part. `full`: so it does, and every write after it fails. */
export type Fault = 'ENOSPC' | 'EIO' | 'short' | 'full';

const failure = (code: string, name: string): Error => Object.assign(new Error(`${code}: made for a test, ${name}`), { code });

/** A disk on which call number `at` (from 1) meets a fault, and how many calls it has had. */
export function faultyDisk(at: number, fault: Fault): { readonly disk: Disk; readonly calls: () => number } {
  let calls = 0;
  const disk = new Proxy(fs, {
    get(real, name: keyof Disk) {
      const call = real[name] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        calls++;
        const isDue = calls === at || (fault === 'full' && calls > at);
        if (!isDue) return call(...args);
        if (fault === 'ENOSPC' || fault === 'EIO') throw failure(fault, name);
        if (name !== 'writeSync') return call(...args);
        if (calls > at) throw failure('ENOSPC', name);
        const [file, bytes, from, count] = args as [number, Uint8Array, number, number];
        return real.writeSync(file, bytes, from, Math.ceil(count / 3));
      };
    },
  });
  return { disk, calls: () => calls };
}

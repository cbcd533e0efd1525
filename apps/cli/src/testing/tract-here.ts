import { vi } from 'vitest';
import { main } from '../main.js';
import type { Ended } from './tract.js';

/** Run a command line in this process; return its code and what it wrote. */
export async function tractHere(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const keep = (to: 'out' | 'err') => (text: string) => {
    said[to] += text;
  };
  const code = await main(args, { out: keep('out'), err: keep('err'), live: false, columns: () => 80 });
  return { code, ...said };
}

/**
 * Run a command line in this process, and tell its end as `tract` tells that of a program of its own, which takes a second more to start. For what
 * is neither stopped nor killed: `bad-input.test.ts` holds that both end alike.
 */
export async function endedHere(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    const { code, out, err } = await tractHere(...args);
    return { code, signal: null, stdout: out, stderr: err };
  } finally {
    if (Object.keys(env).length > 0) vi.unstubAllEnvs();
  }
}

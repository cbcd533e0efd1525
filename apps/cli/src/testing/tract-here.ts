import { main } from '../main.js';

/** Run a command line in this process; return its code and what it wrote. */
export async function tractHere(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const keep = (to: 'out' | 'err') => (text: string) => {
    said[to] += text;
  };
  const code = await main(args, { out: keep('out'), err: keep('err'), live: false, columns: () => 80 });
  return { code, ...said };
}

import { describe, expect, test } from 'vitest';
import { mpi, rankRuns, saidBy, unasked } from '../testing/rank-runs.js';
import { finished } from '../testing/start-ranks.js';

if (unasked) console.log(`ranks over ${mpi}: skipped, ${unasked}`);

describe.skipIf(unasked !== undefined)(`programs whose ranks are joined over ${mpi}`, () => {
  const { start, program } = rankRuns();

  test('ranks know each other, sum in place, send, wait and part', async () => {
    const body = `const { rank, size } = await open();
      const x = Float32Array.from({ length: 10_001 }, (_, i) => i + rank), ordered = x.slice(), half = x.slice(), sent = Uint8Array.of(rank, 7);
      await Promise.all([ranks.allReduceSum(x), ranks.allReduceSum(ordered, { mode: 'ordered', shards: 3 }), ranks.allReduceSum(half, { mode: 'bf16' })]);
      await ranks.broadcast(sent, 2); await ranks.barrier();
      const off = Math.max(...half.map((value, i) => Math.abs(value - x[i]) / x[i]));
      say({ rank, size, localRank: ranks.localRank, x: [x[0], x[10_000]], ordered: ordered.every((value, i) => value === x[i]), off: off < 2 ** -7, sent: sent[0], agreed: await ranks.agree(1 << rank) });
      await ranks.close();`;
    const end = await finished(start(3, program(body)));
    expect(end).toMatchObject({ code: 0 });
    const alike = { size: 3, x: [3, 30_003], ordered: true, off: true, sent: 2, agreed: 7 };
    const expected = [0, 1, 2].map((rank) => ({ rank, localRank: rank, ...alike }));
    expect(saidBy(end)).toHaveLength(3);
    expect(saidBy(end)).toEqual(expect.arrayContaining(expected));
  });

  const last = mpi === 'mpich' ? 0 : 1;
  test.each([
    ['exits with 0', 'process.exit(0)'],
    ['exits with 3', 'process.exit(3)'],
    ['throws', "throw new Error('thrown')"],
    ['has a rejection that nobody handles', "Promise.reject(new Error('rejected')); await new Promise(() => setTimeout(() => {}, 1e6))"],
    ['is killed', "process.kill(process.pid, 'SIGKILL')"],
    ['has nothing left to do', 'await 0'],
  ])('a rank that %s ends the others, which wait for it, before their time limit', async (_, death) => {
    const body = `const { rank } = await open(); if (rank === ${last}) { ${death}; } else { await ranks.allReduceSum(new Float32Array(100)); await ranks.close(); }`;
    const { code, text } = await finished(start(2, program(body)));
    expect(code).not.toBe(0);
    expect(text).not.toContain('no answer from another rank');
  });

  test('a rank that ends before it joins the others does not leave them waiting', async () => {
    const body = `if ((process.env.PMI_RANK ?? process.env.OMPI_COMM_WORLD_RANK) === '1') process.exit(4); await open(); await ranks.barrier(); await ranks.close();`;
    const { code } = await finished(start(2, program(body), { TRACT_COLLECTIVE_TIMEOUT_MS: '3000' }));
    expect(code).not.toBe(0);
  });

  test('a rank that is stopped ends the run at its time limit, with a sentence', async () => {
    const body = `const { rank } = await open(); if (rank === 1) process.kill(process.pid, 'SIGSTOP'); await ranks.allReduceSum(new Float32Array(100)); await ranks.close();`;
    const { code, text } = await finished(start(2, program(body), { TRACT_COLLECTIVE_TIMEOUT_MS: '2000' }));
    expect(text).toMatch(
      /\[rank 0\] error: no answer from another rank for 2 s in the sum number 1 \(400 bytes\) on \S+; a rank is stopped/,
    );
    expect(code).toBe(70);
  });

  test('WebAssembly still traps, children hear nothing of the launcher, and handlers of signals run during a wait', async () => {
    const body = `await open();
      const { spawnSync } = await import('node:child_process');
      const bytes = Uint8Array.of(0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,5,3,1,0,1,7,5,1,1,102,0,0,10,13,1,11,0,65,128,128,128,128,120,40,2,0,11);
      let trap = ''; try { new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f(); } catch (error) { trap = error.constructor.name; }
      const child = spawnSync(process.execPath, ['-p', "Object.keys(process.env).filter((n) => /^(OMPI_COMM|PMIX_|PMI_|HYDI_)/.test(n)).length"], { encoding: 'utf8' }).stdout.trim();
      let heard = 0; process.on('SIGTERM', () => heard++);
      if (ranks.rank === 0) { setTimeout(() => process.kill(process.pid, 'SIGTERM'), 200); await ranks.barrier(); }
      else { await new Promise((resolve) => setTimeout(resolve, 1000)); await ranks.barrier(); }
      say({ trap, child, heard }); await ranks.close();`;
    const end = await finished(start(2, program(body)));
    expect(end).toMatchObject({ code: 0 });
    expect(saidBy(end)).toEqual(expect.arrayContaining([1, 0].map((heard) => ({ trap: 'RuntimeError', child: '0', heard }))));
  });

  test('a rank that waits leaves its core to others', async () => {
    const body = `await open(); await ranks.barrier();
      if (ranks.rank === 1) { await new Promise((resolve) => setTimeout(resolve, 2000)); await ranks.barrier(); }
      else { const [cpu, began] = [process.cpuUsage(), performance.now()]; await ranks.barrier(); const { user, system } = process.cpuUsage(cpu); say({ share: (user + system) / 1000 / (performance.now() - began) }); }
      await ranks.close();`;
    const [{ share }] = saidBy(await finished(start(2, program(body)))) as [{ share: number }];
    expect(share).toBeLessThan(0.15);
  });
});

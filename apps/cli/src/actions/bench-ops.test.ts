import type { KernelProfile, KernelRow } from '@tract/benchmarks';
import { describe, expect, test } from 'vitest';
import { tractHere } from '../testing/tract-here.js';

const tiny = ['--channels', '32', '--mult', '1,2', '--attn', '4', '--res', '8', '--batch', '2', '--runs', '1', '--threads', '1'];

describe('bench ops', () => {
  test('tells on a tiny network what each kernel takes, as one JSON value', async () => {
    const { code, out } = await tractHere('bench', 'ops', ...tiny, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(out) as KernelProfile & Record<string, unknown>;
    expect(Object.keys(result)).toEqual('backend threads instructions batch runs params peaks stepMs kernels shapes outside'.split(' '));
    expect(result).toMatchObject({ backend: 'native', threads: 1, batch: 2, runs: 1 });
    expect(result.peaks.multiplyAddGflops).toBeGreaterThan(0);
    expect(result.peaks.copyGBs).toBeGreaterThan(0);
    for (const rows of [result.kernels, result.shapes]) {
      expect(rows.reduce((sum, { share }) => sum + share, result.outside.share)).toBeCloseTo(1, 3);
      expect(rows.reduce((sum, { milliseconds }) => sum + milliseconds, result.outside.milliseconds)).toBeCloseTo(result.stepMs, 1);
      for (const { calls, milliseconds, bytes } of rows) expect(Math.min(calls, milliseconds, bytes)).toBeGreaterThan(0);
    }
    const calls = (rows: readonly KernelRow[]): number => rows.reduce((sum, row) => sum + row.calls, 0);
    expect(calls(result.shapes)).toBe(calls(result.kernels));
    const row = (name: string): KernelRow => result.kernels.find(({ kernel }) => kernel === name)!;
    // Teacher, self-teacher and student forward have the same convolutions; each of the student's has a filter gradient.
    expect(row('TractConv2D').calls).toBe(3 * row('TractConv2DFilterGrad').calls);
    expect(row('TractConv2D').gflops).toBeGreaterThan(0);
    expect(row('TractAdam')).toMatchObject({ calls: 1, gflops: null });
  });

  test('refuses the backend that has no kernels of ours', async () => {
    const { code, err } = await tractHere('bench', 'ops', '--backend', 'cpu');
    expect(code).toBe(2);
    expect(err).toContain('native');
  });
});

import type { KernelProfile, KernelRow } from '@tract/benchmarks';
import { describe, expect, test } from 'vitest';
import { opsTable } from '../output/ops-table.js';
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

test('the report of a step is a table by kernel, then by shape', () => {
  const row = { kernel: 'TractConv2D', calls: 3, milliseconds: 5.5, share: 0.55, gflops: 80.25, bytes: 2_000_000, gbs: 0.36 };
  const norm = { kernel: 'TractGroupNorm', calls: 1, milliseconds: 4, share: 0.4, gflops: null, bytes: 32_000_000, gbs: 8 };
  const result = {
    params: 1234,
    peaks: { multiplyAddGflops: 165, copyGBs: 17 },
    stepMs: 10,
    kernels: [row, norm],
    shapes: [
      { ...row, shapes: 'x 2x8x8x32' },
      { ...norm, shapes: 'x 2x8x8x32, gamma 32' },
    ],
    outside: { milliseconds: 0.5, share: 0.05 },
  };
  expect(opsTable(result, 2)).toEqual([
    '1,234 parameters, batch 2: a TRACT step takes 10.0 ms, 200.0 images/s',
    "the machine's peaks: 165 GFLOP/s multiply-add in registers, 17 GB/s large copy (read + write)",
    'GFLOP/s counts the operations of the direct algorithm; MB are the inputs and outputs of all calls of a step',
    '',
    'kernel                 calls        ms  share  GFLOP/s   GB/s        MB',
    'TractConv2D                3      5.50  55.0%     80.3    0.4      2.00',
    'TractGroupNorm             1      4.00  40.0%        -    8.0     32.00',
    'outside kernels                   0.50   5.0%',
    '',
    'kernel                 calls        ms  share  GFLOP/s   GB/s        MB  shapes',
    'TractConv2D                3      5.50  55.0%     80.3    0.4      2.00  x 2x8x8x32',
    'TractGroupNorm             1      4.00  40.0%        -    8.0     32.00  x 2x8x8x32, gamma 32',
  ]);
});

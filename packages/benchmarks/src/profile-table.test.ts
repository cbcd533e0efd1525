import { expect, test } from 'vitest';
import { profileTable } from './profile-table.js';

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
  expect(profileTable(result, 2)).toEqual([
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

import type { KernelProfile, KernelRow } from './kernel-profile.js';

const heading = ['calls', 'ms', 'share', 'GFLOP/s', 'GB/s', 'MB'];
const widths = [5, 9, 6, 8, 6, 9];

const line = (kernel: string, cells: readonly string[], shapes = ''): string =>
  `${kernel.padEnd(22)} ${cells.map((cell, i) => cell.padStart(widths[i])).join(' ')}  ${shapes}`.trimEnd();

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const rowLine = ({ kernel, shapes, calls, milliseconds, share, gflops, bytes, gbs }: KernelRow): string =>
  line(
    kernel,
    [
      String(calls),
      milliseconds.toFixed(2),
      percent(share),
      gflops === null ? '-' : gflops.toFixed(1),
      gbs.toFixed(1),
      (bytes / 1e6).toFixed(2),
    ],
    shapes,
  );

/** Lay out a profile as lines of text: the machine's peaks, then a step by kernel, then by kernel and shape. */
export function profileTable({ params, peaks, stepMs, kernels, shapes, outside }: KernelProfile, batch: number): string[] {
  return [
    `${params.toLocaleString('en')} parameters, batch ${batch}: a TRACT step takes ${stepMs.toFixed(1)} ms, ${((1000 * batch) / stepMs).toFixed(1)} images/s`,
    `the machine's peaks: ${peaks.multiplyAddGflops} GFLOP/s multiply-add in registers, ${peaks.copyGBs} GB/s large copy (read + write)`,
    'GFLOP/s counts the operations of the direct algorithm; MB are the inputs and outputs of all calls of a step',
    '',
    line('kernel', heading),
    ...kernels.map(rowLine),
    line('outside kernels', ['', outside.milliseconds.toFixed(2), percent(outside.share)]),
    '',
    line('kernel', heading, 'shapes'),
    ...shapes.map(rowLine),
  ];
}

import { engine } from '@tract/tensor/core';
import type { NativeBackend } from './backend.js';
import { nativeInfo } from './register.js';

/** Upper limits of the machine's speed with the threads and the instruction set in force. */
export type MachinePeaks = {
  /** 10⁹ float32 operations a second; a multiply-add is two. */
  readonly multiplyAddGflops: number;
  /** 10⁹ bytes a second, those read and those written. */
  readonly copyGBs: number;
};

const ITEMS_PER_THREAD = 8;
const ROUNDS = 1 << 20; // about 20 ms for the items of a thread
const COPY_FLOATS = 1 << 25; // 128 MiB: more than the caches hold
const REPEATS = 5;

/** Time the shortest of a few runs, in seconds, after one that is not counted: a peak is what nothing disturbed. */
function shortest(work: () => void): number {
  work();
  const seconds = Array.from({ length: REPEATS }, () => {
    const started = performance.now();
    work();
    return (performance.now() - started) / 1000;
  });
  return Math.min(...seconds);
}

function multiplyAddGflops(backend: NativeBackend, threads: number): number {
  const sums = new Float32Array(threads * ITEMS_PER_THREAD);
  const width = new Float32Array(1);
  const seconds = shortest(() => backend.run('peakMultiplyAdd', { sums, width, rounds: ROUNDS }));
  return (sums.length * ROUNDS * width[0]) / seconds / 1e9;
}

function copyGBs(backend: NativeBackend): number {
  const from = new Float32Array(COPY_FLOATS).fill(1); // written once, or all its pages would be one page of zeros
  const to = new Float32Array(COPY_FLOATS);
  return (from.byteLength + to.byteLength) / shortest(() => backend.run('peakCopy', { x: from, y: to })) / 1e9;
}

/**
 * Measure the machine's limits in about half a second: a multiply-add loop that stays in the registers of all threads, and a copy of
 * 128 MiB. Hold the kernels' speeds against them.
 * @throws NativeUnavailableError when the addon is not built.
 */
export function machinePeaks(): MachinePeaks {
  const { threads } = nativeInfo();
  const backend = engine().findBackend('native') as NativeBackend;
  return { multiplyAddGflops: multiplyAddGflops(backend, threads), copyGBs: copyGBs(backend) };
}

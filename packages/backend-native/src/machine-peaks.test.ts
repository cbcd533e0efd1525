import { engine } from '@tract/tensor/core';
import { describe, expect, test } from 'vitest';
import { machinePeaks, type NativeBackend, nativeInfo, registerNativeBackend } from './index.js';

describe("the machine's peaks", () => {
  test('are numbers above 0', () => {
    registerNativeBackend({ threads: 2 });
    const { multiplyAddGflops, copyGBs } = machinePeaks();
    for (const peak of [multiplyAddGflops, copyGBs]) {
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThan(1e6);
    }
  });

  test('the loop does its multiply-adds and the copy copies, on every instruction set', () => {
    const backend = engine().findBackend('native') as NativeBackend;
    for (const instructionSet of nativeInfo().instructionSets) {
      registerNativeBackend({ instructionSet });
      const [sums, width] = [new Float32Array(3), new Float32Array(1)];
      backend.run('peakMultiplyAdd', { sums, width, rounds: 100 });
      // x → x/2 + 1 has settled at 2 in every lane of every chain; a chain's lane is two operations a round.
      expect(sums).toEqual(new Float32Array(3).fill(width[0]));
      const from = Float32Array.from({ length: (1 << 20) + 7 }, (_, i) => i);
      const to = new Float32Array(from.length);
      backend.run('peakCopy', { x: from, y: to });
      expect(to.every((value, i) => value === from[i])).toBe(true);
    }
    registerNativeBackend({ instructionSet: nativeInfo().instructionSets[0] });
  });
});

import { dispose, read, run, tensor, useBackend } from '@tract/tensor';
import { expect, test } from 'vitest';
import { startUnderNode } from '../testing/node-device.js';

const reason = await startUnderNode();
if (reason !== undefined) console.warn(`sines on WebGPU are not tested: ${reason}`);

test.skipIf(reason !== undefined)(
  `sines and cosines of angles up to 1000 are exact to float32${reason ? ` (skipped: ${reason})` : ''}`,
  async () => {
    await useBackend('webgpu');
    const angles = Float32Array.from({ length: 200_001 }, (_, i) => (i - 100_000) / 100);
    const x = tensor(angles, [angles.length]);
    for (const [kernel, exact] of [
      ['Sin', Math.sin],
      ['Cos', Math.cos],
    ] as const) {
      const y = run(kernel, { x });
      const values = await read(y);
      dispose(y);
      // Three roundings of numbers below 1, and what the parts of pi / 2 leave over 640 turns.
      expect(angles.reduce((worst, angle, i) => Math.max(worst, Math.abs(values[i] - exact(angle))), 0)).toBeLessThan(3e-7);
    }
    dispose(x);
  },
);

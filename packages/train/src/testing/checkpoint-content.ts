import type { CheckpointContent } from '../checkpoint.js';
import { runConfig } from '../run-config.js';

/** A checkpoint whose bytes all follow from its step. */
export const contentAt = (step: number): CheckpointContent => ({
  config: runConfig('train', { images: 100, batch: 1 }),
  state: { step, totalSteps: 100, images: step, seconds: 0, counters: { updates: step }, window: { loss: 0, gradNorm: 0, count: 0 } },
  tensors: new Map([['weights', { dtype: 'F32' as const, shape: [40], data: new Float32Array(40).fill(step) }]]),
});

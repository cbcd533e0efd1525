import { streams } from '@tract/distill';
import { randomNormals } from '@tract/tensor';
import { expectClose } from '@tract/tensor/testing';
import { expect, test } from 'vitest';
import { walkNoise } from './noise-walk.js';

const size = 784;
const noiseOf = (seed: number, sample: number): Float32Array => randomNormals({ seed, stream: streams.sampleNoise, sample }, size);
const length = (noise: Float32Array): number => Math.sqrt(noise.reduce((sum, value) => sum + value ** 2, 0));

test('the walk begins at the noise of its seed and ends at that of the next, image for image', () => {
  const [start, end] = [0, 1].map((share) => walkNoise({ seed: 5, share }, 3, size));
  for (const sample of [0, 1, 2]) {
    expect(start.slice(sample * size, (sample + 1) * size)).toEqual(noiseOf(5, sample));
    expectClose(end.slice(sample * size, (sample + 1) * size), noiseOf(6, sample), 1e-6, 'float32 products by sin(angle) / sin(angle)');
  }
});

test('on the way noise stays as strong as noise is', () => {
  const [from, to] = [length(noiseOf(5, 0)), length(noiseOf(6, 0))];
  for (const share of [0.25, 0.5, 0.75]) {
    const there = length(walkNoise({ seed: 5, share }, 1, size));
    // On the great circle of two vectors of almost one length; a straight line would pass at 0.71 of it.
    expect(there).toBeGreaterThan(0.97 * Math.min(from, to));
    expect(there).toBeLessThan(1.03 * Math.max(from, to));
  }
});

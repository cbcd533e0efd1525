import { cosineLevel, edmGrid, type NoiseLevel, vpGrid } from '@tract/schedules';
import { describe, expect, test } from 'vitest';
import { ddim, dpmSolver2M, drain, float32SpaceWith, startNoise, type VectorSpace } from '../index.js';
import { gaussianDenoiser, numberSpace } from '../testing/index.js';
import { ddimInversion, dpmSolver2MInversion, inpaintingDenoiser, repaint } from './index.js';

const sd = 0.5;
const preserving = (steps: number) => Array.from({ length: steps + 1 }, (_, i) => cosineLevel(0.9 - (0.8 * i) / steps));

test('inversion of DDIM comes back to the noise, and 2M inversion with it', async () => {
  const denoise = gaussianDenoiser(numberSpace, sd);
  const errors = [64, 128].map(async (steps) => {
    const levels = preserving(steps);
    const drawn = await drain(ddim(numberSpace, denoise, 1, levels));
    return Math.abs((await drain(ddimInversion(numberSpace, denoise, drawn, [...levels].reverse()))) - 1);
  });
  expect((await errors[0]) / (await errors[1])).toBeGreaterThan(1.8); // first order
  const levels = preserving(64);
  const drawn = await drain(dpmSolver2M(numberSpace, denoise, 1, levels));
  expect(await drain(dpmSolver2MInversion(numberSpace, denoise, drawn, [...levels].reverse()))).toBeCloseTo(1, 2);
  await expect(drain(ddimInversion(numberSpace, denoise, 1, levels))).rejects.toThrow(/ddimInversion: level 1/);
});

describe('a mask', () => {
  const space = float32SpaceWith();
  const [known, mask] = [Float32Array.of(0.25, 9), Float32Array.of(1, 0)];

  test('keeps the known part of every prediction', async () => {
    const denoise = inpaintingDenoiser(space, () => Float32Array.of(-1, 0.5), { known, mask });
    const levels = edmGrid(5);
    expect(await drain(ddim(space, denoise, startNoise(space, known, levels[0]), levels))).toEqual(Float32Array.of(0.25, 0.5));
    const plain: VectorSpace<number> = { ...numberSpace, multiply: undefined };
    await expect(async () => inpaintingDenoiser(plain, () => 1, { known: 1, mask: 1 })(1, levels[0])).rejects.toThrow(/cannot multiply/);
  });

  test("is filled in by RePaint's walks down and up", async () => {
    const levels = vpGrid(6).slice(0, 6).concat({ alpha: 1, sigma: 0 });
    const seen: number[] = [];
    const onStep = ({ level }: { level: NoiseLevel }) => void seen.push(levels.indexOf(level));
    const drawn = await drain(
      repaint(space, () => Float32Array.of(-1, 0.5), startNoise(space, known, levels[0]), levels, {
        known,
        mask,
        jump: 2,
        resample: 2,
        onStep,
      }),
    );
    expect(drawn).toEqual(Float32Array.of(0.25, 0.5));
    expect(seen).toEqual([1, 2, 3, 2, 1, 2, 3, 4, 5, 4, 3, 4, 5, 6]); // the published schedule turns at the last levels 0 and 2
  });
});

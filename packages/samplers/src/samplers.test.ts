import { cosineLevel, type NoiseLevel, vpGrid } from '@tract/schedules';
import { describe, expect, test } from 'vitest';
import { clampedDenoiser, ddim, drain, float32Space, float32SpaceWithSeed } from './index.js';
import { countedDenoiser, countingSpace, gaussianDenoiser, gaussianScale, numberSpace } from './testing/index.js';

const sd = 0.5;

/** DDIM from t = 0.9 to 0.1 against the exact path, which scales with gaussianScale. */
async function errorOfDdim(steps: number) {
  const levels = Array.from({ length: steps + 1 }, (_, i) => cosineLevel(0.9 - (0.8 * i) / steps));
  const got = await drain(ddim(numberSpace, gaussianDenoiser(numberSpace, sd), 1, levels));
  return Math.abs(got - gaussianScale(levels[steps], sd) / gaussianScale(levels[0], sd));
}

describe('ddim', () => {
  test('halves its error when the steps double', async () => {
    for (const steps of [32, 64, 128]) {
      const ratio = (await errorOfDdim(steps)) / (await errorOfDdim(2 * steps));
      expect(ratio).toBeGreaterThan(1.9);
      expect(ratio).toBeLessThan(2.1);
    }
  });

  test('turns Gaussian noise into data of the right spread', async () => {
    const xT = float32Space.noise(new Float32Array(4000), -1);
    const samples = await drain(ddim(float32Space, gaussianDenoiser(float32Space, sd), xT, vpGrid(256)));
    const spread = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    expect(spread).toBeCloseTo(sd, 1); // 4000 samples: 1% of 0.5; DDIM with 256 steps adds less
  });

  test('makes one network call per step', async () => {
    const { denoise, calls } = countedDenoiser(gaussianDenoiser(numberSpace, sd));
    await drain(ddim(numberSpace, denoise, 1, vpGrid(7)));
    expect(calls()).toBe(7);
  });

  test('in one step gives the prediction itself, but for the noise left at the end', async () => {
    const xT = Float32Array.of(0.3, -0.7);
    const [x0] = await drain(ddim(float32Space, () => Float32Array.of(0.25, 0.5), xT, vpGrid(1)));
    expect(x0).toBeCloseTo(0.25, 4); // sigma at logSNR 20 is 4.5e-5
  });

  test('can be stepped, and frees all it made but the last image', async () => {
    const { space, live } = countingSpace();
    const xT = { value: 1 };
    const steps: number[] = [];
    for await (const xt of ddim(space, gaussianDenoiser(space, sd), xT, vpGrid(4))) {
      steps.push(xt.value);
      expect(live()).toBe(1);
    }
    expect(steps).toHaveLength(4);
    expect(live()).toBe(1);
  });

  test('stopped early leaves one image, the last pulled', async () => {
    const { space, live } = countingSpace();
    for await (const _ of ddim(space, clampedDenoiser(space, gaussianDenoiser(space, sd)), { value: 1 }, vpGrid(4))) break;
    expect(live()).toBe(1);
  });

  test('refuses a list of levels without a step', async () => {
    const none: NoiseLevel[] = [cosineLevel(1)];
    await expect(drain(ddim(numberSpace, (x) => x, 1, none))).rejects.toThrow(/ddim: needs at least two noise levels, got 1/);
  });
});

test('draining a sampler that yields nothing is an error, not undefined', async () => {
  const empty = (async function* () {})();
  await expect(drain(empty)).rejects.toThrow(RangeError);
});

test('a clamped denoiser keeps each x0 within its range and frees the unclamped one', async () => {
  const { space, live } = countingSpace();
  const denoise = clampedDenoiser(space, (xt) => space.combine([[10, xt]]), -1, 0.5);
  expect((await denoise({ value: 1 }, cosineLevel(0.5))).value).toBe(0.5);
  expect((await denoise({ value: -1 }, cosineLevel(0.5))).value).toBe(-1);
  expect(live()).toBe(2);
});

describe('float32Space', () => {
  test('adds in float64 and rounds once', () => {
    const [sum] = float32Space.combine([
      [1, Float32Array.of(2 ** 24)],
      [1, Float32Array.of(1)],
      [1, Float32Array.of(1)],
    ]);
    expect(sum).toBe(2 ** 24 + 2);
  });

  test('has standard normal noise that depends on seed and index', () => {
    const like = new Float32Array(20_000);
    const noise = float32Space.noise(like, 3);
    const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
    const variance = noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length;
    const within = noise.filter((x) => Math.abs(x) < 1).length / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.03); // four standard errors of 20,000 draws
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
    expect(Math.abs(within - 0.6827)).toBeLessThan(0.014);
    expect(float32Space.noise(like, 3)).toEqual(noise);
    expect(float32Space.noise(like, 4)).not.toEqual(noise);
    expect(float32SpaceWithSeed(1).noise(like, 3)).not.toEqual(noise);
  });

  test('refuses vectors of two lengths', () => {
    const terms = [[1, new Float32Array(2)] as const, [1, new Float32Array(3)] as const];
    expect(() => float32Space.combine(terms)).toThrow(/got lengths \[2,3\]/);
    expect(() => float32Space.combine([])).toThrow(RangeError);
  });
});

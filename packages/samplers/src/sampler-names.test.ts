import { cosineLevel, edmGrid, type NoiseLevel } from '@tract/schedules';
import { describe, expect, test } from 'vitest';
import { drain, type SamplerEntry, samplerNames, samplers, type VectorSpace } from './index.js';
import { countedDenoiser, gaussianDenoiser, gaussianScale, numberSpace } from './testing/index.js';

const sd = 0.5;
const vp = (steps: number) => Array.from({ length: steps + 1 }, (_, i) => cosineLevel(0.9 - (0.8 * i) / steps));
const ve = (steps: number) => vp(steps).map(({ alpha, sigma }) => ({ alpha: 1, sigma: sigma / alpha }));

const entries = samplerNames.map((name) => [name, samplers[name] as SamplerEntry] as const);

describe.each(entries)('%s', (_, { make, nfe, options }) => {
  test('makes as many network calls as its entry says', async () => {
    for (const levels of [1, 2, 7].flatMap((steps) => [edmGrid(steps), vp(steps)])) {
      const { denoise, calls } = countedDenoiser(gaussianDenoiser(numberSpace, sd));
      await drain(make({})({ ...numberSpace, noise: () => 0 }, denoise, 1, levels));
      expect(calls()).toBe(nfe(levels));
    }
  });

  test('takes the options that its entry lists and no others', async () => {
    const drawWith = async (chosen: Parameters<typeof make>[0]) => {
      const noisy: VectorSpace<number> = { ...numberSpace, noise: (_, index) => index + 1 };
      return drain(make(chosen)(noisy, gaussianDenoiser(noisy, sd), 1, edmGrid(4)));
    };
    const plain = await drawWith({});
    // The others of churn only shape it.
    for (const [option, chosen] of Object.entries({ eta: { eta: 0.5 }, churn: { churn: 1 } }))
      expect((await drawWith(chosen)) !== plain, option).toBe(options.includes(option as 'eta'));
    const churned = await drawWith({ churn: 1 });
    for (const chosen of [{ churnMin: 1 }, { churnMax: 1 }, { churnNoise: 2 }])
      expect((await drawWith({ churn: 1, ...chosen })) !== churned, String(Object.keys(chosen))).toBe(options.includes('churn'));
  });
});

/** The others always add noise. */
const deterministic = entries.flatMap(([name, { make, order }]) => (order === undefined ? [] : [[name, make, order] as const]));

test.each(deterministic)('%s has the order of convergence of its entry', async (_, make, order) => {
  const error = async (levels: readonly NoiseLevel[]) => {
    const got = await drain(make({})(numberSpace, gaussianDenoiser(numberSpace, sd), 1, levels));
    return Math.abs(got - gaussianScale(levels[levels.length - 1], sd) / gaussianScale(levels[0], sd));
  };
  for (const grid of [vp, ve]) {
    const gained = Math.log2((await error(grid(256))) / (await error(grid(512))));
    expect(gained).toBeGreaterThan(order - 0.1);
    expect(gained).toBeLessThan(order + 0.1);
  }
});

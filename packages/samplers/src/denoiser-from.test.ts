import { cosineLevel, flowGrid, levelToLogSNR, type NoiseLevel, ratioLevel } from '@tract/schedules';
import { edmPreconditioning } from '@tract/schedules/training';
import { describe, expect, test } from 'vitest';
import {
  ddim,
  denoiserFrom,
  drain,
  float32SpaceWith,
  flowTime,
  type Guidance,
  type Network,
  type NetworkPrediction,
  unipc,
} from './index.js';
import { type Counted, countingSpace, gaussianDenoiser, numberSpace } from './testing/index.js';

const sd = 0.5;
const exact = gaussianDenoiser(numberSpace, sd);

/** The perfect network of Gaussian data for images of the level that `time` stands for. */
const networks: Record<NetworkPrediction, (level: NoiseLevel) => Network<number>> = {
  x0: (level) => (x) => exact(x, level),
  eps: (level) => async (x) => (x - level.alpha * (await exact(x, level))) / level.sigma,
  v: (level) => async (x) => {
    const x0 = await exact(x, level);
    return (level.alpha * (x - level.alpha * x0)) / level.sigma - level.sigma * x0;
  },
  flow: (level) => async (x) => {
    const x0 = await exact(x, level);
    return (x - level.alpha * x0) / level.sigma - x0;
  },
};
const scaled: Record<string, (s: number) => NoiseLevel> = {
  preserving: ratioLevel,
  exploding: (s) => ({ alpha: 1, sigma: s }),
  flow: (s) => ({ alpha: 1 / (1 + s), sigma: s / (1 + s) }),
};

test.each(
  Object.keys(networks).flatMap((predicts) =>
    Object.keys(scaled).flatMap((input) => Object.keys(scaled).map((levels) => [predicts as NetworkPrediction, input, levels] as const)),
  ),
)('a perfect network of %s on %s images is the exact denoiser on %s levels', async (predicts, input, levels) => {
  for (const s of [0.01, 0.8, 30]) {
    if (predicts === 'v' && input !== 'preserving') continue; // v is defined there
    const level = scaled[levels](s);
    const seen = scaled[input](s);
    const denoise = denoiserFrom<number>(
      numberSpace,
      (x, time, call) => {
        expect(time).toBeCloseTo(levelToLogSNR(level), 12);
        expect(call.level).toBe(level);
        return networks[predicts](seen)(x, time, call);
      },
      { predicts, input: input as 'flow', time: levelToLogSNR },
    );
    expect(await denoise(0.7, level)).toBeCloseTo(await exact(0.7, level), 10);
  }
});

test('a preconditioned network is one too', async () => {
  const level = cosineLevel(0.6);
  const s = level.sigma / level.alpha;
  const { cSkip, cOut, cIn } = edmPreconditioning()(s);
  const inner: Network<number> = async (x) => ((await exact(x / cIn, { alpha: 1, sigma: s })) - (cSkip * x) / cIn) / cOut;
  expect(await denoiserFrom(numberSpace, inner, { preconditioning: edmPreconditioning() })(0.7, level)).toBeCloseTo(
    await exact(0.7, level),
    12,
  );
});

test('flow matching draws data from pure noise', async () => {
  const network: Network<number> = (x, t) => networks.flow({ alpha: 1 - t, sigma: t })(x, t, {} as never);
  const denoise = denoiserFrom(numberSpace, network, { predicts: 'flow', time: flowTime });
  expect(await drain(unipc(numberSpace, denoise, 1, flowGrid(40, { shift: 3 })))).toBeCloseTo(sd, 2);
});

test('eps says nothing of pure noise, unknown names are refused', async () => {
  const denoise = denoiserFrom(numberSpace, (x) => x, { predicts: 'eps', time: () => 0 });
  await expect(async () => denoise(1, { alpha: 0, sigma: 1 })).rejects.toThrow(/predicts eps says nothing of x0 at alpha = 0/);
  expect(() => denoiserFrom(numberSpace, (x) => x, { predicts: 'epsilon' as 'eps', time: () => 0 })).toThrow(
    /must be one of eps, v, x0, flow, got epsilon/,
  );
});

describe('guidance', () => {
  const space = float32SpaceWith({ images: 2 });
  const conditional = Float32Array.of(1, 2, 3, 4, -2, 0, 1, 3);
  const unconditional = Float32Array.of(0, 1, -1, 2, 1, 1, 0, -1);
  const level = { alpha: 1, sigma: 1 };
  const guided = (guidance: Guidance<Float32Array>, calls: boolean[] = []) =>
    denoiserFrom<Float32Array>(
      space,
      (_, __, { pair }) => {
        calls.push(pair);
        return pair ? [conditional.slice(), unconditional.slice()] : conditional.slice();
      },
      { predicts: 'x0', time: () => 0, guidance },
    );
  const ask = async (guidance: Guidance<Float32Array>) => [...(await guided(guidance)(new Float32Array(8), level))];
  const dots = (x: Float32Array, y: Float32Array) => (space.perImage?.dot(x, y) ?? []) as number[];
  const cfg = [...conditional].map((c, i) => unconditional[i] + 3 * (c - unconditional[i]));

  test('batched and in two calls moves away from the unconditional', async () => {
    expect(await ask({ scale: 3 })).toEqual(cfg);
    expect(await ask({ scale: 3, unconditional: () => unconditional.slice() })).toEqual(cfg);
  });

  test('within an interval asks once outside', async () => {
    const calls: boolean[] = [];
    const denoise = guided({ scale: 3, interval: [0.5, 2] }, calls);
    expect([...(await denoise(new Float32Array(8), { alpha: 1, sigma: 3 }))]).toEqual([...conditional]);
    expect([...(await denoise(new Float32Array(8), { alpha: 0.5, sigma: 0.5 }))]).toEqual(cfg);
    expect(calls).toEqual([false, true]);
  });

  test('rescaled has the deviation of the conditional in each image', async () => {
    const full = Float32Array.from(await ask({ scale: 3, rescale: 1 }));
    const [got, wanted, plain] = [full, conditional, Float32Array.from(cfg)].map((x) => space.perImage?.deviation(x) as number[]);
    got.forEach((deviation, i) => {
      expect(deviation).toBeCloseTo(wanted[i], 5);
    });
    const half = await ask({ scale: 3, rescale: 0.5 });
    expect(half[0] / cfg[0]).toBeCloseTo(0.5 + (0.5 * wanted[0]) / plain[0], 5);
  });

  test('projected leaves out what is parallel to the conditional, or all that CFG has', async () => {
    const difference = Float32Array.from(await ask({ scale: 2, projected: {} })).map((x, i) => x - conditional[i]);
    for (const dot of dots(difference, conditional)) expect(dot).toBeCloseTo(0, 4);
    (await ask({ scale: 3, projected: { eta: 1 } })).forEach((x, i) => {
      expect(x).toBeCloseTo(cfg[i], 5);
    });
    const limited = Float32Array.from(await ask({ scale: 2, projected: { eta: 1, normLimit: 0.5 } })).map((x, i) => x - conditional[i]);
    for (const dot of dots(limited, limited)) expect(Math.sqrt(dot)).toBeCloseTo(0.5, 5);
  });

  test('with momentum adds the last difference, and forgets it when a run starts', async () => {
    const denoise = guided({ scale: 2, projected: { eta: 1, momentum: -0.5 } });
    const at = async (step: number) => (await denoise(new Float32Array(8), level, { step, total: 3 }))[0] - conditional[0];
    expect([await at(0), await at(1), await at(2), await at(0)]).toEqual([1, 0.5, 0.75, 1]); // 1 − 1/2, 1 − 1/4
  });

  test('asks for a pair in words', async () => {
    const denoise = denoiserFrom<number>(numberSpace, (x) => x, { predicts: 'x0', time: () => 0, guidance: { scale: 2 } });
    await expect(async () => denoise(1, level)).rejects.toThrow(/needs the pair \[conditional, unconditional\]/);
    expect(() =>
      denoiserFrom<number>(numberSpace, (x) => x, { predicts: 'x0', time: () => 0, guidance: { scale: 2, rescale: 0.7 } }),
    ).toThrow(/no perImage/);
  });

  test('frees all but x0, also when the network throws', async () => {
    for (const failing of [undefined, 0, 1, 2]) {
      const { space: counted, live } = countingSpace();
      let calls = 0;
      const network = (x: Counted) => {
        if (calls++ === failing) throw new Error('out of memory');
        return counted.combine([[0.5, x]]);
      };
      const denoise = denoiserFrom<Counted>(counted, network, {
        ...{ predicts: 'eps', time: () => 0, clamp: 1, input: 'exploding' },
        guidance: { scale: 3, unconditional: network },
      });
      const run = drain(
        ddim(
          counted,
          denoise,
          { value: 1 },
          [2, 1, 0].map((s) => ratioLevel(s)),
        ),
      );
      if (failing === undefined) await run;
      else await expect(run).rejects.toThrow('out of memory');
      expect(live()).toBe(failing === undefined ? 1 : 0);
    }
  });
});

test('dynamic thresholding divides what is beyond the quantile', async () => {
  const space = float32SpaceWith({ images: 2 });
  const x0 = Float32Array.of(4, -2, 1, 0.5, 0.5, 0.25, -0.5, 0.1);
  const denoise = denoiserFrom(space, () => x0.slice(), { predicts: 'x0', time: () => 0, threshold: { part: 2 / 3, max: 10 } });
  expect([...(await denoise(x0, { alpha: 1, sigma: 1 }))]).toEqual([1, -1, 0.5, 0.25, ...x0.slice(4)]);
});

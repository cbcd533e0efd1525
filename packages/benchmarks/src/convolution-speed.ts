import { conv2d, dispose, noise, type Tensor } from '@tract/tensor';

export type ConvolutionSpeed = { readonly gflops: number; readonly shape: string };

export type ConvolutionSize = { readonly batch: number; readonly side: number; readonly channels: number };

/**
 * Time a 3x3 convolution on the active backend: the best of the runs that fit into about a second.
 * @param size Default: 32 images of 28x28 with 64 channels.
 */
export async function convolutionSpeed(
  { batch, side, channels }: ConvolutionSize = { batch: 32, side: 28, channels: 64 },
): Promise<ConvolutionSpeed> {
  const x = noise({ seed: 0, samples: { first: 0, count: batch }, shape: [side, side, channels] });
  const filter = noise({ seed: 1, samples: { first: 0, count: 3 }, shape: [3, channels, channels] });
  const flops = 2 * batch * side * side * channels * channels * 9;
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + 1000;
  for (let runs = 0; runs < 3 || performance.now() < until; runs++) best = Math.min(best, await timed(() => conv2d(x, filter)));
  dispose([x, filter]);
  return {
    gflops: Number((flops / best / 1e6).toPrecision(3)),
    shape: `3x3, ${channels} to ${channels} channels, ${batch} images of ${side}x${side}`,
  };
}

/** Return milliseconds of the work, its result read back. */
async function timed(work: () => Tensor): Promise<number> {
  const started = performance.now();
  const result = work();
  await result.data();
  const ms = performance.now() - started;
  dispose(result);
  return ms;
}

import type { Network } from '@tract/distill';
import { add, concat, linear, noise, scale, scope, silu, type Tensor, tensor, zeros } from '@tract/tensor';

type Layer = { readonly weight: Tensor /* [in,out] */; readonly bias: Tensor /* [out] */ };
/** A network on points of the plane: noise level and point go through layers of one width, each around itself. */
export type PointNetwork = { readonly first: Layer; readonly middle: readonly Layer[]; readonly last: Layer };

const width = 96;
const middleLayers = 3;
const frequencies = [1, 2, 4];
const inputs = 2 + 1 + 2 * frequencies.length;

/** Fresh parameters; the last layer is small, so that training begins near a prediction of 0. */
export function initPointNetwork(seed: number): PointNetwork {
  const layer = (stream: number, from: number, to: number, gain = 1): Layer => ({
    weight: scale(noise({ seed, stream, samples: { first: 0, count: from }, shape: [to] }), gain / Math.sqrt(from)),
    bias: zeros([to]),
  });
  return scope(() => ({
    first: layer(111, inputs, width),
    middle: Array.from({ length: middleLayers }, (_, i) => layer(112 + i, width, width)),
    last: layer(120, width, 2, 0.1),
  }));
}

/** Features of a noise level for the network: the angle of (alpha, sigma) as a fraction of a right one, and waves of it. */
function levelFeatures(logSNR: readonly number[]): Tensor {
  const rows = logSNR.flatMap((level) => {
    const share = Math.atan(Math.exp(-level / 2)) / (Math.PI / 2);
    return [share, ...frequencies.flatMap((f) => [Math.sin(Math.PI * f * share), Math.cos(Math.PI * f * share)])];
  });
  return tensor(rows, [logSNR.length, inputs - 2]);
}

/** Compute the raw output [B,2] for noisy points [B,2] and a logSNR for each. */
export const applyPointNetwork: Network<PointNetwork> = ({ first, middle, last }, xt, { noise: logSNR }) =>
  scope(() => {
    let h = silu(linear(concat([xt, levelFeatures(logSNR)], 1), first.weight, first.bias));
    for (const { weight, bias } of middle) h = add(h, silu(linear(h, weight, bias)));
    return linear(h, last.weight, last.bias);
  });

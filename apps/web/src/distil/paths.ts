import { denoiserOf, type Model } from '@tract/distill';
import { ddim } from '@tract/samplers';
import { vpGrid } from '@tract/schedules';
import { dispose, randomNormals, read, tensor, tensorSpace } from '@tract/tensor';
import type { PointNetwork } from './point-network.js';

/** Return the positions of the shown points before, between and after the steps: a list of [points,2]. */
export type Paths = readonly Float32Array[];

export const shownPoints = 240;
const start = randomNormals({ seed: 7, stream: 103 }, 2 * shownPoints);

/** Take the shown points from noise to where a network says; always the same noise. */
export async function pathsOf(model: Model<PointNetwork>, params: PointNetwork, steps: number): Promise<Paths> {
  const xT = tensor(start, [shownPoints, 2]);
  const paths = [start];
  let xt = xT;
  for await (xt of ddim(tensorSpace, denoiserOf(model, params), xT, vpGrid(steps))) paths.push(await read(xt));
  dispose([...new Set([xT, xt])]);
  return paths;
}

/** Root mean square of the distance between where two sets of paths end. */
export function distance(a: Paths, b: Paths): number {
  const [ends, others] = [a[a.length - 1], b[b.length - 1]];
  return Math.sqrt(ends.reduce((sum, value, i) => sum + (value - others[i]) ** 2, 0) / shownPoints);
}

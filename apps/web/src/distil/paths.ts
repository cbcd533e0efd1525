import { denoiserOf, type Model } from '@tract/distill';
import { ddim } from '@tract/samplers';
import { vpGrid } from '@tract/schedules';
import { dispose, randomNormals, read, tensor, tensorSpace } from '@tract/tensor';
import { type Paths, shownPoints } from './path-ends.js';
import type { PointNetwork } from './point-network.js';

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

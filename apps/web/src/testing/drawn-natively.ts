import { readFileSync } from 'node:fs';
import { registerNativeBackend } from '@tract/backend-native';
import { toBytes } from '@tract/images';
import { draw, loadModel } from '@tract/model';
import { useBackend } from '@tract/tensor';

type Drawing = { readonly seed?: number; readonly images?: number; readonly steps?: number; readonly class?: number };

/** Return the bytes that the native backend draws from the files of a model, images one after the other. Default: one image of seed 1 in one step. */
export async function drawnNatively(
  files: readonly string[],
  { seed = 1, images = 1, steps = 1, class: wanted }: Drawing = {},
): Promise<number[]> {
  registerNativeBackend();
  await useBackend('native');
  const [weights, config] = files.map((path) => readFileSync(path));
  const bytes: number[] = [];
  const indices = Array.from({ length: images }, (_, i) => i);
  for await (const { values } of draw(loadModel(weights, config), { steps, seed, indices, class: wanted })) bytes.push(...toBytes(values));
  return bytes;
}

/** Return the largest difference of two lists of bytes; infinite where they differ in length. */
export const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) : Number.POSITIVE_INFINITY;

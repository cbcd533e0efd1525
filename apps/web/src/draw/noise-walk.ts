import { streams } from '@tract/distill';
import { randomNormals } from '@tract/tensor';

/** Noise of `size` numbers for each image: that of `seed`, or on the way to that of the next seed. */
export type Walk = { readonly seed: number /** 0 is this seed's noise, 1 the next one's. */; readonly share: number };

/**
 * The way goes along the sphere that noise of so many dimensions all but lies on, since a straight one would lead through noise too weak
 * to be any. Image i at share 0 is the image i that the command line draws. Source of the formula: Shoemake 1985.
 */
export function walkNoise({ seed, share }: Walk, images: number, size: number): Float32Array {
  const noise = new Float32Array(images * size);
  for (let sample = 0; sample < images; sample++) {
    const from = randomNormals({ seed, stream: streams.sampleNoise, sample }, size);
    noise.set(
      share === 0 ? from : between(from, randomNormals({ seed: seed + 1, stream: streams.sampleNoise, sample }, size), share),
      sample * size,
    );
  }
  return noise;
}

function between(from: Float32Array, to: Float32Array, share: number): Float32Array {
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const angle = Math.acos(dot(from, to) / Math.sqrt(dot(from, from) * dot(to, to)));
  const [fromWeight, toWeight] = [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return from.map((value, i) => fromWeight * value + toWeight * to[i]);
}

import { power } from '@tract/schedules';
import { clone, concat, mul, reshape, run, scale, scope, type Tensor, tensor } from '@tract/tensor';

const round = Math.fround;

/**
 * Sines and cosines of cNoise at the frequencies 10000^(-k / last), k from 0 to half - 1, row-major [N, 2 half]: sines first and last = half - 1,
 * or cosines first and last = half. Source: Vaswani et al. 2017.
 *
 * Every step is rounded to float32, as in the code that published weights were trained with: under VP and iDDPM preconditioning cNoise goes up to 999,
 * where an angle carries 3e-5 of rounding.
 */
export function positionalFeatures(cNoise: readonly number[], channels: number, sinesFirst: boolean): Float32Array {
  const half = channels / 2;
  const [last, sines, cosines] = sinesFirst ? [half - 1, 0, half] : [half, half, 0];
  const frequencies = Float32Array.from({ length: half }, (_, k) => power(round(1e-4), round(k / last)));
  const features = new Float32Array(cNoise.length * channels);
  cNoise.forEach((value, row) => {
    for (let k = 0; k < half; k++) {
      const angle = round(round(value) * frequencies[k]);
      features[row * channels + sines + k] = Math.sin(angle);
      features[row * channels + cosines + k] = Math.cos(angle);
    }
  });
  return features;
}

/**
 * Sines, then cosines, of 2 pi cNoise at each of the `frequencies` [half] -> [N, 2 half]. Source: Tancik et al. 2020. The frequencies are data, not
 * parameters: the result does not descend from them, so their gradient is 0 and they stay as they are.
 */
export function fourierFeatures(cNoise: readonly number[], frequencies: Tensor): Tensor {
  return scope(() => {
    const perNoise = reshape(scale(clone(frequencies), round(2 * Math.PI)), [1, frequencies.size]);
    const angles = mul(tensor(cNoise, [cNoise.length, 1]), perNoise);
    return concat([run('Sin', { x: angles }), run('Cos', { x: angles })], 1);
  });
}

import { levelToLogSNR, type NoiseLevel } from '@tract/schedules';
import { combine, concat, slice, type Tensor } from '@tract/tensor';

/**
 * What a network outputs: the clean image, the noise, v = alpha·eps − sigma·x0 (Salimans & Ho 2022), or both of the first two in
 * 2C channels, x0 first. The formulas below take sigma² = 1 − alpha² (variance preserving) for 'v' and 'x0+eps'.
 */
export type Prediction = 'x0' | 'eps' | 'v' | 'x0+eps';

const predictions: readonly Prediction[] = ['x0', 'eps', 'v', 'x0+eps'];

/** xt [B,H,W,C] and one logSNR per sample → raw output [B,H,W,C], or [B,H,W,2C] for 'x0+eps'. */
export type Network<P> = (params: P, xt: Tensor, logSNR: readonly number[], labels?: readonly number[]) => Tensor;

/** A network and the meaning of its output. */
export type Model<P> = { readonly network: Network<P>; readonly prediction: Prediction };

/** The raw output of a network for noisy images [B,H,W,C] at one level per sample. Differentiable. */
export function predictRaw<P>(
  { network }: Model<P>,
  params: P,
  xt: Tensor,
  levels: readonly NoiseLevel[],
  labels?: readonly number[],
): Tensor {
  return network(params, xt, levels.map(levelToLogSNR), labels);
}

/** The predicted clean images [B,H,W,C] of a model, not clipped; one level per sample. Differentiable. */
export function predictX0<P>(model: Model<P>, params: P, xt: Tensor, levels: readonly NoiseLevel[], labels?: readonly number[]): Tensor {
  return toX0(model.prediction, predictRaw(model, params, xt, levels, labels), xt, levels);
}

/**
 * Raw network output → x0, a linear combination per sample. Differentiable in both tensors. For 'x0' this is `output` itself.
 *
 * @param levels one per sample; alpha > 0 for 'eps'.
 * @throws RangeError when the output has the wrong number of channels.
 */
export function toX0(prediction: Prediction, output: Tensor, xt: Tensor, levels: readonly NoiseLevel[]): Tensor {
  requireChannels(prediction, output, xt);
  switch (prediction) {
    case 'x0':
      return output;
    case 'eps': // x0 = (xt − sigma·eps) / alpha
      return combine([
        [levels.map(({ alpha }) => 1 / alpha), xt],
        [levels.map(({ alpha, sigma }) => -sigma / alpha), output],
      ]);
    case 'v': // x0 = alpha·xt − sigma·v
      return combine([
        [levels.map(({ alpha }) => alpha), xt],
        [levels.map(({ sigma }) => -sigma), output],
      ]);
    case 'x0+eps': {
      // Each head where it is sure: x0 = (1 − alpha²)·x0Head + alpha²·(xt − sigma·epsHead) / alpha.
      const [x0Head, epsHead] = splitChannels(output);
      return combine([
        [levels.map(({ sigma }) => sigma ** 2), x0Head],
        [levels.map(({ alpha }) => alpha), xt],
        [levels.map(({ alpha, sigma }) => -alpha * sigma), epsHead],
      ]);
    }
  }
}

/** The raw output of a perfect network: the inverse of `toX0` at xt = alpha·x0 + sigma·eps. For 'x0' and 'eps' the tensor itself. */
export function trueOutput(prediction: Prediction, x0: Tensor, eps: Tensor, levels: readonly NoiseLevel[]): Tensor {
  switch (prediction) {
    case 'x0':
      return x0;
    case 'eps':
      return eps;
    case 'v':
      return combine([
        [levels.map(({ alpha }) => alpha), eps],
        [levels.map(({ sigma }) => -sigma), x0],
      ]);
    case 'x0+eps':
      return concat([x0, eps], x0.rank - 1);
  }
}

/**
 * How much squared error of x0 a unit of squared error of the output makes, at the same xt.
 *
 * @throws RangeError for 'x0+eps', where the errors of two outputs meet.
 */
export function x0ErrorPerOutput(prediction: Prediction, { alpha, sigma }: NoiseLevel): number {
  switch (prediction) {
    case 'x0':
      return 1;
    case 'eps':
      return (sigma / alpha) ** 2;
    case 'v':
      return sigma ** 2;
    case 'x0+eps':
      throw new RangeError('x0ErrorPerOutput: x0+eps has two outputs, so its error of x0 is no multiple of one');
  }
}

/** Channels of the raw output for images of so many channels. */
export const outputChannels = (prediction: Prediction, imageChannels: number): number => (prediction === 'x0+eps' ? 2 : 1) * imageChannels;

/** @throws RangeError when a prediction that came from outside is not one. */
export function requirePrediction(name: string, prediction: string): void {
  if (!predictions.some((known) => known === prediction)) {
    throw new RangeError(`${name}: prediction must be one of ${predictions.join(', ')}, got ${prediction}`);
  }
}

function requireChannels(prediction: Prediction, output: Tensor, xt: Tensor): void {
  const expected = [...xt.shape.slice(0, -1), outputChannels(prediction, xt.shape[xt.rank - 1])];
  if (output.shape.join() !== expected.join()) {
    throw new RangeError(
      `toX0: a network that predicts ${prediction} must output [${expected}] for xt [${xt.shape}], got [${output.shape}]`,
    );
  }
}

function splitChannels(output: Tensor): [Tensor, Tensor] {
  const half = output.shape[output.rank - 1] / 2;
  const size = [...output.shape.slice(0, -1), half];
  const origin = size.map(() => 0);
  return [slice(output, origin, size), slice(output, [...origin.slice(1), half], size)];
}

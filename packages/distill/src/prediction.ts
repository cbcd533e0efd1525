import { levelToLogSNR, type NoiseLevel } from '@tract/schedules';
import type { Preconditioning } from '@tract/schedules/training';
import { combine, concat, scope, slice, type Tensor } from '@tract/tensor';

/**
 * Output of a network: the clean image, the noise, v = alpha·eps − sigma·x0 (Salimans & Ho 2022), or both of the first two in
 * 2C channels, x0 first. The formulas below take sigma² = 1 − alpha² (variance preserving) for 'v' and 'x0+eps'.
 */
export type Prediction = 'x0' | 'eps' | 'v' | 'x0+eps';

/** Every prediction by the name that settings and files use. */
export const predictions: readonly Prediction[] = ['x0', 'eps', 'v', 'x0+eps'];

/** Everything a network is conditioned on beside the image; lists have one entry per image. */
export type Conditioning = {
  /** Noise level of each image: its logSNR, or cNoise inside a preconditioning. */
  readonly noise: readonly number[];
  /** Noise level at the end of a jump, in the same unit, for a network that is conditioned on both ends. */
  readonly noiseEnd?: readonly number[];
  /** Class of each image, for a class-conditional network. */
  readonly labels?: readonly number[];
  /** Row of numbers per image that says how it was augmented, for a network that is conditioned on it. */
  readonly augment?: readonly (readonly number[])[];
  /** Key of the chance inside the network; there only while a teacher is trained, for a network that then drops features out. */
  readonly training?: Training;
};

/** Function from images xt [B,H,W,C] and their conditioning to the raw output, [B,H,W,C], or [B,H,W,2C] for 'x0+eps'. */
export type Network<P> = (params: P, xt: Tensor, conditioning: Conditioning) => Tensor;

/** Conditioning of a prediction beside the noise levels of the images, which are given as levels. */
export type PredictOptions = Omit<Conditioning, 'noise' | 'noiseEnd'> & {
  /** Noise level at the end of each jump, for a network that is conditioned on both ends. */
  readonly levelsEnd?: readonly NoiseLevel[];
};

/** Key of the chance in a network while it is trained; image i of a call is number `first` + i of its batch. */
export type Training = { readonly seed: number; readonly step: number; readonly first: number };

/**
 * A network and the meaning of its output. With a preconditioning the network is the F inside it, and what both together predict is 'x0'.
 */
export type Model<P> = { readonly network: Network<P>; readonly prediction: Prediction; readonly preconditioning?: Preconditioning };

/** A network under a preconditioning, as a model that predicts x0. */
export const preconditionedModel = <P>(network: Network<P>, preconditioning: Preconditioning): Model<P> => ({
  network,
  prediction: 'x0',
  preconditioning,
});

/** Noise scale that the end of a jump is shown as where it has none, whose logarithm a preconditioning may take: half of EDM's lowest. */
const cleanEnd = 1e-3;

/**
 * Predict, as `model.prediction` says, from noisy images [B,H,W,C] at one level per sample. Differentiable.
 *
 * @throws RangeError when a preconditioned model claims to predict anything but x0, or its network puts out neither C nor 2C channels.
 */
export function predictRaw<P>(
  model: Model<P>,
  params: P,
  xt: Tensor,
  levels: readonly NoiseLevel[],
  { levelsEnd, ...conditioning }: PredictOptions = {},
): Tensor {
  const { network, prediction, preconditioning } = model;
  const numberOf = preconditioning ? ({ alpha, sigma }: NoiseLevel) => preconditioning(sigma / alpha).cNoise : levelToLogSNR;
  const endOf = preconditioning
    ? ({ alpha, sigma }: NoiseLevel) => preconditioning(Math.max(sigma / alpha, cleanEnd)).cNoise
    : levelToLogSNR;
  const conditioned: Conditioning = {
    ...conditioning,
    noise: levels.map(numberOf),
    ...(levelsEnd && { noiseEnd: levelsEnd.map(endOf) }),
  };
  if (!preconditioning) return network(params, xt, conditioned);
  if (prediction !== 'x0') throw new RangeError(`predictRaw: a preconditioned model predicts x0, got prediction ${prediction}`);
  return scope(() => {
    // D(x; s) = cSkip·x + cOut·F(cIn·x; cNoise) at x = xt / alpha, s = sigma / alpha, which makes any process one with alpha = 1.
    const scales = levels.map(({ alpha, sigma }) => ({ alpha, ...preconditioning(sigma / alpha) }));
    const seen = combine([[scales.map(({ alpha, cIn }) => cIn / alpha), xt]]);
    const output = network(params, seen, conditioned);
    return combine([
      [scales.map(({ alpha, cSkip }) => cSkip / alpha), xt],
      [scales.map(({ cOut }) => cOut), withoutVariance(output, xt)],
    ]);
  });
}

/** Predict the clean images [B,H,W,C], not clipped, from noisy ones at one level per sample. Differentiable. */
export function predictX0<P>(model: Model<P>, params: P, xt: Tensor, levels: readonly NoiseLevel[], options?: PredictOptions): Tensor {
  return toX0(model.prediction, predictRaw(model, params, xt, levels, options), xt, levels);
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
 * Return the squared error of x0 for a unit of squared error of the output, at the same xt.
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

/** Networks of iDDPM's kind predict a variance in another C channels, which no step here uses. */
function withoutVariance(output: Tensor, xt: Tensor): Tensor {
  const [channels, twice] = [xt.shape[xt.rank - 1], 2 * xt.shape[xt.rank - 1]];
  if (output.shape[output.rank - 1] === twice) return splitChannels(output)[0];
  if (output.shape.join() === xt.shape.join()) return output;
  throw new RangeError(
    `predictRaw: a preconditioned network must output [${xt.shape}], or ${twice} channels, for xt with ${channels}, got [${output.shape}]`,
  );
}

function splitChannels(output: Tensor): [Tensor, Tensor] {
  const half = output.shape[output.rank - 1] / 2;
  const size = [...output.shape.slice(0, -1), half];
  const origin = size.map(() => 0);
  return [slice(output, origin, size), slice(output, [...origin.slice(1), half], size)];
}

import { type ModelDescription, processOf } from '@tract/model';
import { ddpmSigmas, type NoiseLevel } from '@tract/schedules';
import { iddpmSigmas, type PreconditioningSettings, preconditioningOf } from '@tract/schedules/training';
import type { NoiseNumber } from './embedding-graph.js';
import type { GraphBuilder, Value } from './graph-builder.js';
import { ScalarMath } from './scalar-math.js';

/** A value [N] of the graph, or one number for all images. */
export type Scale = Value | number;

/** x0 = skip · xt + Σ outs[i] · F_i(in · xt; noise), F_i the i-th images in the output of the network. */
export type DenoiserScales = { readonly skip: Scale; readonly outs: readonly Scale[]; readonly in: Scale; readonly noise: NoiseNumber };

type Model = Pick<ModelDescription, 'network' | 'prediction' | 'preconditioning' | 'process'>;

/** Return the scales at one level that is the same for all images. */
export function constantScales({ prediction, preconditioning }: Model, { alpha, sigma }: NoiseLevel): DenoiserScales {
  if (preconditioning) {
    const { cSkip, cOut, cIn, cNoise } = preconditioningOf(preconditioning)(sigma / alpha);
    return { skip: cSkip / alpha, outs: [cOut], in: cIn / alpha, noise: cNoise };
  }
  const plain = { in: 1, noise: 2 * (Math.log(alpha) - Math.log(sigma)) };
  switch (prediction) {
    case 'x0':
      return { ...plain, skip: 0, outs: [1] };
    case 'eps':
      return { ...plain, skip: 1 / alpha, outs: [-sigma / alpha] };
    case 'v':
      return { ...plain, skip: alpha, outs: [-sigma] };
    case 'x0+eps':
      return { ...plain, skip: alpha, outs: [sigma ** 2, -alpha * sigma] };
  }
}

/**
 * Return true if images are shown to an exported model as alpha x0 + sigma eps with alpha² + sigma² = 1: models on the cosine schedule, and DDPM's, whose
 * schedulers have such images. Others see x0 + sigma eps, as on EDM's levels.
 */
export const isVariancePreserving = (model: Model): boolean => processOf(model).kind === 'cosine' || model.preconditioning?.kind === 'ddpm';

/**
 * Compute the scales in the graph from logSNR [N]. alpha and sigma come from exponentials: onnxruntime's Sigmoid is 0 from -18 down, where alpha is not.
 * xt is alpha x0 + sigma eps, variance preserving or with alpha 1, see `isVariancePreserving`.
 */
export function graphScales(graph: GraphBuilder, model: Model, logSNR: Value): DenoiserScales {
  const math = new ScalarMath(graph);
  const ratio = math.exp(math.mul(logSNR, -0.5)); // sigma / alpha
  const norm = math.sqrt(math.add(math.mul(ratio, ratio), 1)); // 1 / alpha where alpha² + sigma² = 1
  const isVp = isVariancePreserving(model);
  const alpha = isVp ? math.div(1, norm) : 1;
  if (model.preconditioning) {
    const { cSkip, cOut, cIn, cNoise } = preconditioned(math, model.preconditioning, { logSNR, ratio, norm });
    const [skip, input] = isVp ? [math.mul(cSkip, norm), math.mul(cIn, norm)] : [cSkip, cIn];
    return { skip, outs: [cOut], in: input, noise: cNoise };
  }
  const sigma = isVp ? math.div(1, math.sqrt(math.add(math.exp(logSNR), 1))) : ratio;
  const plain = { in: 1, noise: logSNR };
  switch (model.prediction) {
    case 'x0':
      return { ...plain, skip: 0, outs: [1] };
    case 'eps':
      return { ...plain, skip: isVp ? norm : 1, outs: [math.mul(ratio, -1)] };
    case 'v':
      return { ...plain, skip: alpha, outs: [math.mul(sigma, -1)] };
    case 'x0+eps':
      return { ...plain, skip: alpha, outs: [math.mul(sigma, sigma), math.mul(math.mul(alpha, sigma), -1)] };
  }
}

type Level = { readonly logSNR: Value; readonly ratio: Scale; readonly norm: Scale };
type Scales = { readonly cSkip: Scale; readonly cOut: Scale; readonly cIn: Scale; readonly cNoise: Value };

/** The scales of each preconditioning at sigma = `ratio`; see `preconditioningOf` for the same in numbers. */
function preconditioned(math: ScalarMath, settings: PreconditioningSettings, { logSNR, ratio, norm }: Level): Scales {
  const predictsNoise = { cSkip: 1, cOut: math.mul(ratio, -1), cIn: math.div(1, norm) };
  switch (settings.kind) {
    case 'edm': {
      const data = settings.sigmaData ?? 0.5;
      const total = math.hypot(ratio, data);
      const share = math.div(data, total);
      return { cSkip: math.mul(share, share), cOut: math.mul(ratio, share), cIn: math.div(1, total), cNoise: math.mul(logSNR, -1 / 8) };
    }
    case 'consistency': {
      const { sigmaData: data = 0.5, sigmaMin = 0.002 } = settings;
      const [total, beyond] = [math.hypot(ratio, data), math.add(ratio, -sigmaMin)];
      const cSkip = math.div(data ** 2, math.add(math.mul(beyond, beyond), data ** 2));
      return { cSkip, cOut: math.div(math.mul(beyond, data), total), cIn: math.div(1, total), cNoise: math.mul(logSNR, -125) };
    }
    case 've':
      return { cSkip: 1, cOut: ratio, cIn: 1, cNoise: math.add(math.mul(logSNR, -0.5), -Math.LN2) };
    case 'vp': {
      const { betaRange = 19.9, betaMin = 0.1, trainingSteps = 1000 } = settings;
      const root = math.sqrt(math.add(math.mul(math.log1p(math.mul(ratio, ratio)), 2 * betaRange), betaMin ** 2));
      return { ...predictsNoise, cNoise: math.mul(math.add(root, -betaMin), (trainingSteps - 1) / betaRange) };
    }
    case 'iddpm': {
      const { trainingSteps = 1000 } = settings;
      const rising = iddpmSigmas(trainingSteps + 1, { sigmaMin: 0, sigmaMax: Number.POSITIVE_INFINITY, trainingSteps }).reverse();
      const middles = rising.slice(1).map((sigma, i) => (sigma + rising[i]) / 2);
      return { ...predictsNoise, cNoise: math.add(math.countReached(ratio, middles), -1) };
    }
    case 'ddpm': {
      const { predicts = 'eps', ...betas } = settings;
      const cNoise = math.place(math.mul(logSNR, -0.5), ddpmSigmas(betas).map(Math.log));
      const scales = {
        eps: () => predictsNoise,
        v: () => ({ cSkip: math.div(1, math.mul(norm, norm)), cOut: math.div(math.mul(ratio, -1), norm), cIn: math.div(1, norm) }),
        x0: () => ({ cSkip: 0, cOut: 1, cIn: math.div(1, norm) }),
      };
      return { ...scales[predicts](), cNoise };
    }
  }
}

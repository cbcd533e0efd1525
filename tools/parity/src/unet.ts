import { dispose, leaves, mean, mul, read, type Tensor, tensor, valueAndGrad } from '@tract/tensor';
import { applyUNet, type UNetConfig, type UNetParams } from '@tract/unet';
import { type Finding, relativeError } from './compare.js';
import type { GoldenFile } from './golden-file.js';
import { compareGradients } from './gradients.js';
import type { Kind } from './kind.js';
import { configOf, loadParams, weightsOf } from './network.js';

const outputTolerance = 2e-5;
export const gradientTolerance = 1e-4;

/**
 * The paper's U-Net: weights `param.*`, input `x`, `logsnr`, labels `y` when it has classes, output `out`, and the gradients of
 * mean(out * cotangent) with respect to the input and all weights.
 */
export const unet: Kind = {
  name: 'unet',
  recognises: (file) => file.hasSetting('config') && file.has('logsnr') && file.has('out') && file.under('param.').length > 0,
  usesBackend: true,
  check: async (file) => {
    const config = configOf(file, 'config');
    const params = loadParams(file, 'param.', config);
    const xt = imageTensor(file, 'x');
    const cotangent = imageTensor(file, 'cotangent');
    const logSNR = Array.from(file.floats('logsnr'));
    const labels = config.classes > 1 ? file.integers('y') : undefined;
    const network = (p: UNetParams, x: Tensor) => applyUNet(config, p, x, { noise: logSNR, labels });

    const out = network(params, xt);
    const { value, grads } = valueAndGrad((at: { params: UNetParams; xt: Tensor }) => mean(mul(network(at.params, at.xt), cotangent)), {
      params,
      xt,
    });
    const findings = [
      outputFinding(file, await read(out)),
      lossFinding(file, (await read(value))[0]),
      ...(await gradientFindings(file, config, grads)),
    ];
    dispose([params, xt, cotangent, out, value, grads]);
    return findings;
  },
};

export function imageTensor(file: GoldenFile, name: string): Tensor {
  const { values, shape } = file.images(name);
  return tensor(Float32Array.from(values), shape);
}

const outputFinding = (file: GoldenFile, ours: Float32Array): Finding => ({
  what: 'out',
  error: relativeError(ours, file.images('out').values),
  tolerance: outputTolerance,
});

/** The loss is a mean of signed terms, so it is measured against their mean size. */
function lossFinding(file: GoldenFile, ours: number): Finding {
  const cotangent = file.floats('cotangent');
  const terms = Array.from(file.floats('out'), (value, i) => Math.abs(value * cotangent[i]));
  const scale = terms.reduce((a, b) => a + b, 0) / terms.length;
  return { what: 'loss', error: relativeError([ours], [file.scalar('loss')], scale), tolerance: outputTolerance };
}

function gradientFindings(file: GoldenFile, config: UNetConfig, grads: { params: UNetParams; xt: Tensor }): Promise<Finding[]> {
  const ours = new Map(leaves(grads.params));
  const weights = weightsOf(file, 'grad.param.', config).map(({ path, name, values }) => {
    return { what: `grad.param.${name}`, ours: ours.get(path)!, expected: values };
  });
  return compareGradients([{ what: 'grad.x', ours: grads.xt, expected: file.images('grad.x').values }, ...weights], gradientTolerance);
}

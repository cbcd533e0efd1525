import { type Model, preconditionedModel, predictX0 } from '@tract/distill';
import { edmPreconditioning } from '@tract/schedules/training';
import { dispose, leaves, mean, mul, read, type Tensor, valueAndGrad } from '@tract/tensor';
import { applyEdmUNet, type EdmUNetConfig, type EdmUNetParams } from '@tract/unet';
import { type Finding, relativeError } from './compare.js';
import { edmConfigOf, edmLabels, edmSettings, loadEdmParams, partOfEdmWeights, sigmaDataOf } from './edm-network.js';
import { BrokenFile, type GoldenFile } from './golden-file.js';
import { compareGradients } from './gradients.js';
import type { Kind } from './kind.js';
import { imageTensor } from './unet.js';

const outputTolerance = 5e-5;
const gradientTolerance = 2e-4;

/**
 * EDM's networks under EDM preconditioning: weights `param.*`, input `x`, `sigma`, rows `labels` when it has classes and `augment` where there are any,
 * output `out`, and the gradients of mean(out * cotangent) with respect to the input and those weights that the file names.
 */
const edm = (name: string, isIt: (settings: Readonly<Record<string, unknown>>) => boolean): Kind => ({
  name,
  recognises: (file) => file.has('sigma') && file.has('out') && file.hasSetting('config') && isIt(edmSettings(file)),
  usesBackend: true,
  check: checkNetwork,
});

const isNcsnpp = ({ embedding_type, encoder_type = 'standard' }: Readonly<Record<string, unknown>>): boolean =>
  embedding_type === 'fourier' || encoder_type !== 'standard';

export const edmKinds: readonly Kind[] = [
  edm('edm-ncsnpp', (settings) => settings.model_type === 'SongUNet' && isNcsnpp(settings)),
  edm('edm-ddpmpp', (settings) => settings.model_type === 'SongUNet' && !isNcsnpp(settings)),
  edm('edm-adm', ({ model_type = 'DhariwalUNet' }) => model_type === 'DhariwalUNet'),
];

async function checkNetwork(file: GoldenFile): Promise<Finding[]> {
  const config = edmConfigOf(file);
  const params = loadEdmParams(file, 'param.', config);
  const xt = imageTensor(file, 'x');
  const cotangent = imageTensor(file, 'cotangent');
  const levels = Array.from(file.floats('sigma'), (sigma) => ({ alpha: 1, sigma }));
  const labels = edmLabels(file, 'labels', config);
  const augment = file.has('augment') ? rowsOf(file, 'augment') : undefined;
  const model = modelOf(file, config);
  const denoise = (at: EdmUNetParams, x: Tensor) => predictX0(model, at, x, levels, { labels, augment });

  const out = denoise(params, xt);
  const { value, grads } = valueAndGrad((at: { params: EdmUNetParams; xt: Tensor }) => mean(mul(denoise(at.params, at.xt), cotangent)), {
    params,
    xt,
  });
  const ours = new Map(leaves(grads.params));
  const weights = partOfEdmWeights(file, 'grad.param.', config).map(({ path, name, values }) => {
    return { what: `grad.param.${name}`, ours: ours.get(path)!, expected: values };
  });
  const findings = [
    { what: 'out', error: relativeError(await read(out), file.images('out').values), tolerance: outputTolerance },
    ...(await compareGradients(
      [{ what: 'grad.x', ours: grads.xt, expected: file.images('grad.x').values }, ...weights],
      gradientTolerance,
    )),
  ];
  dispose([params, xt, cotangent, out, value, grads]);
  return findings;
}

function modelOf(file: GoldenFile, config: EdmUNetConfig): Model<EdmUNetParams> {
  return preconditionedModel(
    (params, xt, conditioning) => applyEdmUNet(config, params, xt, conditioning),
    edmPreconditioning(sigmaDataOf(file)),
  );
}

function rowsOf(file: GoldenFile, name: string): number[][] {
  const [count, width, ...rest] = file.shape(name);
  if (width === undefined || rest.length > 0) throw new BrokenFile(`tensor '${name}' must be rows, got shape [${file.shape(name)}]`);
  const values = file.floats(name);
  return Array.from({ length: count }, (_, row) => Array.from(values.slice(row * width, (row + 1) * width)));
}

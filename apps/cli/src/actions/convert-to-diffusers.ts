import { type NamedArray, writeSafetensors } from '@tract/checkpoint';
import { writeFolderAtomically } from '@tract/train/node';
import {
  type DhariwalUNetConfig,
  type DiffusersName,
  type DiffusersSettings,
  diffusersNames,
  paperAsAdm,
  toDiffusersSettings,
} from '@tract/unet';
import { dataError, usageError } from '../errors.js';
import type { StoredModel } from '../model-folder.js';
import { valuesThere } from './convert-ml-tract.js';
import type { Outcome } from './convert-report.js';
import { schedulerOf } from './convert-scheduler.js';
import type { DestinationKind } from './convert-write.js';

/**
 * A model as a folder that diffusers' UNet2DModel.from_pretrained reads, and its DDPMScheduler where the network was trained as DDPM's are.
 * @throws CliError (bad data) that names the part of the network which a UNet2DModel does not have.
 */
export function convertToDiffusers(path: string, model: StoredModel, destination: string, kind: DestinationKind): Outcome {
  if (kind !== 'folder') throw usageError(`${destination}: a model for diffusers is a folder; choose a name without a dot`);
  const { config, settings, tensors } = networkThere(path, model);
  const names = diffusersNames(config);
  const arrays = Array.from(names, ([leaf, name]) => arraysThere(name, tensors.get(leaf)!.data as Float32Array)).flat();
  const { preconditioning, prediction } = model;
  const files = new Map<string, Uint8Array | string>([
    ['config.json', `${JSON.stringify(settings, null, 2)}\n`],
    ['diffusion_pytorch_model.safetensors', writeSafetensors(arrays, { format: 'pt' })],
    ...(preconditioning?.kind === 'ddpm'
      ? [['scheduler_config.json', `${JSON.stringify(schedulerOf(preconditioning), null, 2)}\n`] as const]
      : []),
    ['README.md', cardOf(model)],
  ]);
  const mapped = Array.from(names, ([leaf, { names: there }]) => ({
    from: [leaf],
    to: there.join(' + '),
    shape: tensors.get(leaf)!.shape,
  }));
  const table = { mapped, leftOver: [], missing: [], differing: [] };
  return { family: 'tract', network: settings, prediction, table, others: [], write: () => writeFolderAtomically(destination, files) };
}

function arraysThere(name: DiffusersName, values: Float32Array): [name: string, array: NamedArray][] {
  const { names, layout, shape } = name;
  const [cOut, cIn, ...kernel] = shape;
  return partsOf(values, name).map((part, i) => [
    names[i],
    { dtype: 'F32', shape, data: valuesThere(layout, part, [...kernel, cIn, cOut]) },
  ]);
}

type NetworkThere = {
  readonly config: DhariwalUNetConfig;
  readonly settings: DiffusersSettings;
  readonly tensors: ReadonlyMap<string, NamedArray>;
};

/** The network and its weights as an ADM, which is what diffusers has. */
function networkThere(path: string, { network, tensors }: StoredModel): NetworkThere {
  try {
    if (network.kind === 'song') throw new RangeError("a UNet2DModel has no DDPM++ or NCSN++ of EDM's kind");
    const config = network.kind === 'unet' ? paperAsAdm(network) : network;
    return { config, settings: toDiffusersSettings(config), tensors: network.kind === 'unet' ? paperTensors(tensors) : tensors };
  } catch (error) {
    throw dataError(`${path} cannot be written for diffusers: ${(error as Error).message}`, error);
  }
}

/** The labels' layer has a bias in the paper's network, which goes into every label's row. */
function paperTensors(tensors: ReadonlyMap<string, NamedArray>): Map<string, NamedArray> {
  const renamed = new Map(Array.from(tensors, ([leaf, array]) => [leaf.replace('embedding.time.', 'embedding.'), array] as const));
  const [rows, bias] = ['embedding.classes.weight', 'embedding.classes.bias'].map((leaf) => renamed.get(leaf));
  if (!rows || !bias) return renamed;
  const added = bias.data as Float32Array;
  renamed.set('embedding.classes.weight', {
    ...{ dtype: 'F32', shape: rows.shape },
    data: (rows.data as Float32Array).map((value, i) => value + added[i % added.length]),
  });
  return renamed;
}

/** Queries, keys and values of a last axis (head, part, channel of the head), each as (head, channel); anything else is one part. */
function partsOf(values: Float32Array, { names, shape, heads = 1 }: DiffusersName): Float32Array[] {
  if (names.length === 1) return [values];
  const channels = shape[0] / heads;
  const parts = names.map(() => new Float32Array(values.length / names.length));
  for (let run = 0; run * channels < values.length; run++) {
    const piece = values.subarray(run * channels, (run + 1) * channels);
    parts[run % names.length].set(piece, Math.floor(run / names.length) * channels);
  }
  return parts;
}

/** README.md beside the weights: how the network is called. */
const cardOf = ({ prediction, preconditioning }: StoredModel): string => `# UNet2DModel

Written by \`tract convert --to diffusers\`; \`UNet2DModel.from_pretrained\` reads this folder. Images are in [-1, 1].
${
  preconditioning === undefined
    ? `The sample is the variance preserving image, the timestep the number 1000 atan(exp(-logSNR / 2)) / (pi / 2) of its noise level; the output is ${prediction}.`
    : preconditioning.kind === 'ddpm'
      ? 'The network is called as DDPM networks are; `DDPMScheduler.from_pretrained` reads its scheduler from here.'
      : `The network is the F of a preconditioning: sample cIn x, timestep cNoise, and x0 = cSkip x + cOut F, of

    ${JSON.stringify(preconditioning)}`
}
`;

import { lazyArray, type NamedArray, reasonOf, safetensorsPieces, toFloat32 } from '@tract/checkpoint';
import type { ModelDescription } from '@tract/model';
import type { DhariwalUNetConfig } from '@tract/unet';
import { badCheckpoint } from '../convert-error.js';
import type { Tensors } from '../foreign-checkpoint.js';
import { knownNetwork } from '../known-network.js';
import { arraysOf } from '../lazy-array.js';
import { diffusersPlaces } from '../names/diffusers-places.js';
import { paperAsAdm } from '../settings/paper-as-adm.js';
import { toScheduler } from '../settings/scheduler.js';
import { type DiffusersSettings, toDiffusersSettings } from '../settings/to-diffusers-settings.js';
import { type Destination, type HostModel, jsonFile, type PlannedFile, textFile } from './destination.js';

/** A folder for UNet2DModel.from_pretrained, and for its scheduler where the network was trained as DDPM's are or is a consistency model. */
export const diffusersFolder: Destination = {
  name: 'diffusers',
  isFile: false,
  plan: (model) => {
    const { config, settings, tensors } = networkThere(model);
    const places = diffusersPlaces(config);
    const scheduler = toScheduler(model.description);
    const weights: PlannedFile = {
      name: 'diffusion_pytorch_model.safetensors',
      content: () =>
        safetensorsPieces(
          [...places].flatMap(([leaf, place]) => arraysOf(place, tensors.get(leaf)!)),
          { format: 'pt' },
        ),
    };
    return {
      network: settings,
      mapped: Array.from(places, ([leaf, { names }]) => ({ from: [leaf], to: names.join(' + '), shape: tensors.get(leaf)!.shape })),
      files: [
        jsonFile('config.json', settings),
        weights,
        ...(scheduler ? [jsonFile('scheduler_config.json', scheduler)] : []),
        textFile('README.md', cardOf(model.description)),
      ],
    };
  },
};

type NetworkThere = { readonly config: DhariwalUNetConfig; readonly settings: DiffusersSettings; readonly tensors: Tensors };

/** Return the network and its weights as an ADM, the only kind that diffusers has. @throws ConvertError that names what it lacks. */
function networkThere({ name, description, tensors }: HostModel): NetworkThere {
  const network = knownNetwork(description.network);
  try {
    if (network.kind === 'song') throw new RangeError("a UNet2DModel has no DDPM++ or NCSN++ of EDM's kind");
    const config = network.kind === 'unet' ? paperAsAdm(network) : network;
    return { config, settings: toDiffusersSettings(config), tensors: network.kind === 'unet' ? admTensors(tensors) : tensors };
  } catch (error) {
    throw badCheckpoint(`${name} cannot be written for diffusers: ${reasonOf(error)}`, undefined, error);
  }
}

/** Rename the parameters of the paper's network to an ADM's. The bias of its layer of labels goes into the row of every label. */
function admTensors(tensors: Tensors): Tensors {
  const renamed = new Map(Array.from(tensors, ([leaf, array]) => [leaf.replace('embedding.time.', 'embedding.'), array] as const));
  const [rows, bias] = ['embedding.classes.weight', 'embedding.classes.bias'].map((leaf) => renamed.get(leaf));
  if (!rows || !bias) return renamed;
  renamed.delete('embedding.classes.bias');
  return renamed.set('embedding.classes.weight', withBias(rows, bias));
}

const withBias = (rows: NamedArray, bias: NamedArray): NamedArray =>
  lazyArray('F32', rows.shape, () => {
    const added = toFloat32(bias);
    return toFloat32(rows).map((value, i) => value + added[i % added.length]);
  });

/** README.md beside the weights: how the network is called. */
const cardOf = ({ prediction, preconditioning }: ModelDescription): string => `# UNet2DModel

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

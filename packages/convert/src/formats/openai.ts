import { reasonOf } from '@tract/checkpoint';
import { checkEdmUNetConfig, type DhariwalUNetConfig } from '@tract/unet';
import { badCheckpoint, badRequest } from '../convert-error.js';
import type { ForeignCheckpoint } from '../foreign-checkpoint.js';
import type { Hints } from '../hints.js';
import { admPlaces } from '../names/adm-places.js';
import { levelsOf, type NamedTensors, outputsOf, type Step, shapeOf } from '../shape-facts.js';
import { admModel } from './adm-model.js';
import type { RecognisedNetwork, SourceFormat } from './source-format.js';

/** State dicts of openai/guided-diffusion and openai/consistency_models. */
export const openai: SourceFormat = {
  name: 'openai',
  marker: { name: 'time_embed.0.weight', separator: '.' },
  hints: ['imageSize', 'headDim', 'groups', 'attentionOrder', 'preconditioning', 'samplingSteps', 'data'],
  files: { pt: false, withoutModel: 'network' },
  recognise: recogniseOpenai,
};

const qkv = 'middle_block.1.qkv.weight';

/**
 * Recognise a network by the shapes of its weights. Hints say the image size, the channels of a head and, unless its kernels are those of
 * consistency_models, the order of queries, keys and values; the preconditioning, too, if it is to become a model. Groups default to 32.
 * @throws ConvertError
 */
function recogniseOpenai(checkpoint: ForeignCheckpoint, hints: Hints): RecognisedNetwork {
  const { name } = checkpoint;
  const attentionAxes = shapeOf(checkpoint, qkv, checkpoint.tensors.get(qkv)?.shape.length === 3 ? 3 : 4).length === 4 ? 2 : 1;
  // consistency_models has one order, guided-diffusion two.
  const attentionOrder = attentionAxes === 2 ? 'new' : hints.attentionOrder;
  if (hints.attentionOrder !== undefined && hints.attentionOrder !== attentionOrder)
    throw badCheckpoint(`the hints say attentionOrder 'legacy', the kernels of ${name} are those of consistency_models, which has 'new'`);
  const { imageSize, headDim, groups = 32, preconditioning } = hints;
  if (imageSize === undefined || headDim === undefined || attentionOrder === undefined) {
    const example = { imageSize: 64, headDim: 64, ...(attentionAxes === 1 && { attentionOrder: 'new' }) };
    throw badCheckpoint(`${name}: its weights do not tell ${Object.keys(example).join(' and ')}`, { option: 'hints', example });
  }
  const network = configOf(checkpoint, { imageSize, headDim, groups });
  return {
    network,
    places: admPlaces(network, { attentionAxes, attentionOrder }),
    model: () => {
      if (preconditioning) return admModel(name, network, preconditioning, hints);
      throw badRequest(
        `${name}: a network of OpenAI does not say what its output means, and is a .safetensors of the network alone without a preconditioning`,
        { option: 'hints', example: { preconditioning: { kind: 'ddpm', betas: 'cosine' } } },
      );
    },
  };
}

function configOf(
  file: NamedTensors,
  hinted: { readonly imageSize: number; readonly headDim: number; readonly groups: number },
): DhariwalUNetConfig {
  const { name, tensors } = file;
  const [embChannels, channels] = shapeOf(file, 'time_embed.0.weight', 2);
  const [firstWidth, inChannels] = shapeOf(file, 'input_blocks.0.0.weight', 4);
  const [outChannels] = shapeOf(file, 'out.2.weight', 4);
  if (firstWidth % channels !== 0)
    throw badCheckpoint(
      `${name}: its first level has ${firstWidth} channels and its time features ${channels}; only whole multiples are known`,
    );
  const [width] = shapeOf(file, 'input_blocks.1.0.in_layers.2.weight', 4);
  const [modulation] = shapeOf(file, 'input_blocks.1.0.emb_layers.1.weight', 2);
  const { attention, channelMult, blocks, resampleInBlocks } = levelsOf(name, channels, stepsDown(file));
  const config: DhariwalUNetConfig = {
    kind: 'dhariwal',
    ...{ inChannels, channels, embChannels, channelMult, blocks, resampleInBlocks, ...hinted },
    attentionResolutions: attention.flatMap((has, level) => (has ? [hinted.imageSize / 2 ** level] : [])),
    scaleShift: modulation === 2 * width,
    outputs: outputsOf(name, outChannels, inChannels),
    classes: tensors.has('label_emb.weight') ? shapeOf(file, 'label_emb.weight', 2)[0] : 1,
  };
  try {
    checkEdmUNetConfig(config);
  } catch (error) {
    const fact = `${name}: no network can be built from ${JSON.stringify(config)}: ${reasonOf(error)}`;
    throw badCheckpoint(fact, undefined, error);
  }
  return config;
}

/** Return the steps at input_blocks.1, input_blocks.2, …. A halving keeps the width and is alone in its sequence. */
function stepsDown(file: NamedTensors): Step[] {
  const { name, tensors } = file;
  const entries = Array.from(tensors.keys(), (one) => /^input_blocks\.(\d+)\./.exec(one)?.[1]).filter((entry) => entry !== undefined);
  const count = new Set(entries).size;
  if (Math.max(...entries.map(Number)) !== count - 1)
    throw badCheckpoint(
      `${name}: an entry of input_blocks has no weights: it halves by averages alone (conv_resample=False), which is not known here`,
    );
  const perLevel = blocksPerLevel(file, count);
  return Array.from({ length: count - 1 }, (_, i): Step => {
    const has = (one: string) => tensors.has(`input_blocks.${i + 1}.${one}`);
    if ((i + 1) % (perLevel + 1) === 0) return { kind: 'halving', inBlock: !has('0.op.weight') };
    const [width] = shapeOf(file, `input_blocks.${i + 1}.0.in_layers.2.weight`, 4);
    return { kind: 'block', width, attention: has('1.qkv.weight') };
  });
}

/**
 * Return the blocks of one level. Levels are runs of blocks with a halving between, and the way up has one block more per level, so that either way
 * has levels · (blocks + 1) entries. An upsampling ends every level of the way up but the last.
 */
function blocksPerLevel({ name, tensors }: NamedTensors, count: number): number {
  const endsLevel = Array.from({ length: count }, (_, i) =>
    [1, 2].some((at) => tensors.has(`output_blocks.${i}.${at}.conv.weight`) || tensors.has(`output_blocks.${i}.${at}.in_layers.2.weight`)),
  );
  const first = endsLevel.indexOf(true);
  const perLevel = first < 0 ? count - 1 : first;
  if (perLevel < 1 || count % (perLevel + 1) !== 0)
    throw badCheckpoint(`${name}: its ${count} input_blocks are no whole number of levels of ${perLevel} blocks and a halving`);
  return perLevel;
}

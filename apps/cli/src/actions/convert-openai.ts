import type { NamedArray } from '@tract/checkpoint';
import { leaves } from '@tract/tensor';
import { type AdmStorage, admNames, checkEdmUNetConfig, type DhariwalUNetConfig, edmUNetSpec, fromAdm, type ParamSpec } from '@tract/unet';
import { dataError } from '../errors.js';
import { levelsOf, outputsOf, type Shapes, type Step, shapeOf } from './convert-facts.js';
import type { Hints } from './convert-hints.js';
import type { Marker } from './convert-part.js';
import { exactFloat32, faultOf, matchNames, type NameTable } from './convert-table.js';

/** The networks of openai/guided-diffusion and openai/consistency_models, as state dicts of PyTorch. */
export const openaiMarker: Marker = { name: 'time_embed.0.weight', separator: '.' };

/** What --config may say of them; their programs always make 32 groups. */
const hintKeys: readonly string[] = ['imageSize', 'headDim', 'groups', 'attentionOrder', 'preconditioning', 'samplingSteps', 'data'];

/** A network of ADM's kind, and what became of its names. */
export type AdmNetwork = {
  readonly config: DhariwalUNetConfig;
  readonly table: NameTable;
  /** By leaf path; undefined when the table has a fault. */
  readonly tensors?: ReadonlyMap<string, NamedArray>;
};

/**
 * The network that these arrays are the weights of. They do not tell the image size, the channels of a head and, unless its kernels are those of
 * consistency_models, the order of queries, keys and values: that is for --config to say.
 * @throws CliError (bad data) that names what is not known or not determined.
 */
export function convertOpenai(file: Shapes, hints: Hints): AdmNetwork {
  const { path } = file;
  const attentionAxes = shapeOf(file, 'middle_block.1.qkv.weight', rankOfQkv(file)).length === 4 ? 2 : 1;
  // consistency_models has one order, guided-diffusion two.
  const attentionOrder = attentionAxes === 2 ? 'new' : hints.attentionOrder;
  const strange = Object.keys(hints).find((key) => !hintKeys.includes(key));
  if (strange !== undefined)
    throw dataError(`${path}: of a network of OpenAI, --config may say ${hintKeys.join(', ')}; leave '${strange}' out`);
  if (hints.attentionOrder !== undefined && hints.attentionOrder !== attentionOrder)
    throw dataError(`--config says attentionOrder 'legacy', the kernels of ${path} are those of consistency_models, which has 'new'`);
  const { imageSize, headDim, groups = 32 } = hints;
  if (imageSize === undefined || headDim === undefined || attentionOrder === undefined) {
    const example = { imageSize: 64, headDim: 64, ...(attentionAxes === 1 && { attentionOrder: 'new' }) };
    throw dataError(
      `${path}: its weights do not tell ${Object.keys(example).join(' and ')}; add --config FILE.json, such as ${JSON.stringify(example)}`,
    );
  }
  const config = configOf(file, { imageSize, headDim, groups });
  const storage: AdmStorage = { attentionAxes, attentionOrder };
  const names = admNames(config, storage);
  const table = matchNames(new Map(Array.from(names, ([leaf, { name, shape }]) => [leaf, { names: [name], shape }])), file.arrays);
  if (faultOf(table) !== undefined) return { config, table };
  const tensors = leaves<ParamSpec>(edmUNetSpec(config)).map(([leaf, { shape }]): [string, NamedArray] => {
    const entry = names.get(leaf)!;
    const values = exactFloat32(path, entry.name, file.arrays.get(entry.name)!);
    return [leaf, { dtype: 'F32', shape, data: fromAdm(entry, values) }];
  });
  return { config, table, tensors: new Map(tensors) };
}

const rankOfQkv = ({ arrays }: Shapes): number => (arrays.get('middle_block.1.qkv.weight')?.shape.length === 3 ? 3 : 4);

function configOf(
  file: Shapes,
  told: { readonly imageSize: number; readonly headDim: number; readonly groups: number },
): DhariwalUNetConfig {
  const { path, arrays } = file;
  const [embChannels, channels] = shapeOf(file, 'time_embed.0.weight', 2);
  const [firstWidth, inChannels] = shapeOf(file, 'input_blocks.0.0.weight', 4);
  const [outChannels] = shapeOf(file, 'out.2.weight', 4);
  if (firstWidth % channels !== 0)
    throw dataError(
      `${path}: its first level has ${firstWidth} channels and its time features ${channels}; only whole multiples are known`,
    );
  const [width] = shapeOf(file, 'input_blocks.1.0.in_layers.2.weight', 4);
  const [modulation] = shapeOf(file, 'input_blocks.1.0.emb_layers.1.weight', 2);
  const { attention, channelMult, blocks, resampleInBlocks } = levelsOf(path, channels, stepsDown(file));
  const config: DhariwalUNetConfig = {
    kind: 'dhariwal',
    ...{ inChannels, channels, embChannels, channelMult, blocks, resampleInBlocks, ...told },
    attentionResolutions: attention.flatMap((has, level) => (has ? [told.imageSize / 2 ** level] : [])),
    scaleShift: modulation === 2 * width,
    outputs: outputsOf(path, outChannels, inChannels),
    classes: arrays.has('label_emb.weight') ? shapeOf(file, 'label_emb.weight', 2)[0] : 1,
  };
  try {
    checkEdmUNetConfig(config);
  } catch (error) {
    throw dataError(`${path}: no network can be built from ${JSON.stringify(config)}: ${(error as Error).message}`, error);
  }
  return config;
}

/** What stands at input_blocks.1, input_blocks.2, …: blocks, and what halves the resolution, which keeps the width and is alone in its sequence. */
function stepsDown(file: Shapes): Step[] {
  const { path, arrays } = file;
  const count = new Set([...arrays.keys()].flatMap((name) => /^input_blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size;
  const last = Math.max(...Array.from(arrays.keys(), (name) => Number(/^input_blocks\.(\d+)\./.exec(name)?.[1] ?? 0)));
  if (last !== count - 1)
    throw dataError(
      `${path}: an entry of input_blocks has no weights: it halves by averages alone (conv_resample=False), which is not known here`,
    );
  const perLevel = blocksPerLevel(file, count);
  return Array.from({ length: count - 1 }, (_, i): Step => {
    const has = (name: string) => arrays.has(`input_blocks.${i + 1}.${name}`);
    if ((i + 1) % (perLevel + 1) === 0) return { kind: 'halving', inBlock: !has('0.op.weight') };
    const [width] = shapeOf(file, `input_blocks.${i + 1}.0.in_layers.2.weight`, 4);
    return { kind: 'block', width, attention: has('1.qkv.weight') };
  });
}

/**
 * Blocks of one level: levels are runs of them with one halving between, and the way up has one block more per level, so that
 * entries = levels (blocks + 1) on either way. What resamples on the way up stands at the end of every level but the last.
 */
function blocksPerLevel({ path, arrays }: Shapes, count: number): number {
  const endsLevel = Array.from({ length: count }, (_, i) =>
    [1, 2].some((at) => arrays.has(`output_blocks.${i}.${at}.conv.weight`) || arrays.has(`output_blocks.${i}.${at}.in_layers.2.weight`)),
  );
  const first = endsLevel.indexOf(true);
  const perLevel = first < 0 ? count - 1 : first;
  if (perLevel < 1 || count % (perLevel + 1) !== 0)
    throw dataError(`${path}: its ${count} input_blocks are no whole number of levels of ${perLevel} blocks and a halving`);
  return perLevel;
}

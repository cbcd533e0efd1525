import { leaves } from '@tract/tensor';
import { type BackbonePlan, type ParamSpec, planUNet, type StagePlan, type UNetConfig, unetSpec } from '@tract/unet';
import { headsOf, parseLeafPath, type StageList } from './leaf-path.js';
import type { Place, Places } from './place.js';

const fixed: Readonly<Record<string, string>> = {
  'embedding.time.first': 'dense0',
  'embedding.time.second': 'dense1',
  'embedding.classes': 'class_emb',
  'out.norm': 'norm_out',
  'out.conv': 'conv_out',
  'down.0.conv': 'conv_in',
};

const fields: Readonly<Record<string, string>> = { kernel: 'kernel', weight: 'kernel', gamma: 'scale', beta: 'bias', bias: 'bias' };

const inStage: Readonly<Record<string, string>> = {
  'res.norm1': 'norm1',
  'res.conv1': 'conv1',
  'res.time': 'temb_proj',
  'res.norm2': 'norm2',
  'res.conv2': 'conv2',
  'res.skip': 'nin_shortcut',
  'attention.norm': 'norm',
  'attention.out': 'proj_out',
};

/**
 * Return where each parameter of the paper's U-Net is in a flax checkpoint of progressive distillation. Its layouts are ours, but for axes
 * that are split (heads) or left out (1x1 kernels); names are paths such as `down_0.block_1/conv1/kernel`.
 * @throws RangeError for a configuration that it does not have: it always scales and shifts, and resamples inside blocks.
 */
export function flaxPlaces(config: UNetConfig): Places {
  const specs = leaves<ParamSpec>(unetSpec(config));
  if (!config.scaleShift || !config.resampleInBlocks)
    throw new RangeError('the flax network has scaleShift and resampleInBlocks, this configuration has not');
  const plan = planUNet(config);
  const modules = stageModules(plan);
  return new Map(
    specs.map(([path, { shape }]): [string, Place] => {
      const { layer, leaf, stage } = parseLeafPath(path);
      const field = fields[leaf];
      if (stage === undefined || Object.hasOwn(fixed, layer))
        return [path, { names: [`${fixed[layer]}/${field}`], shape, layout: 'plain' }];
      const module = modules[stage.list][stage.index];
      return [path, placeInStage(module, stage.part, field, headsOf(plan, stage), shape)];
    }),
  );
}

type Heads = { readonly heads: number; readonly channels: number };

function placeInStage(module: StageModule, part: string, field: string, { heads, channels }: Heads, shape: readonly number[]): Place {
  const parent = part.startsWith('attention') ? module.attention : module.block;
  if (part === 'attention.qkv') {
    const names = ['q', 'k', 'v'].map((name) => `${parent}/${name}/${field}`);
    const there = field === 'kernel' ? [heads * channels, heads, channels] : [heads, channels];
    return { names, shape: there, layout: 'plain', qkv: { heads, channels, order: 'part-head-channel' } };
  }
  const names = [`${parent}/${inStage[part]}/${field}`];
  if (field === 'kernel' && part === 'attention.out') return { names, shape: [heads, channels, heads * channels], layout: 'plain' };
  return { names, shape: field === 'kernel' && part === 'res.skip' ? shape.slice(2) : shape, layout: 'plain' };
}

/** Names of the two halves of a stage: the block itself, and the attention behind it. */
type StageModule = { readonly block: string; readonly attention: string };

function stageModules({ down, up }: BackbonePlan): Readonly<Record<StageList, readonly StageModule[]>> {
  let level = 0;
  let count = 0;
  const moduleOf = (list: 'down' | 'up', { resample }: StagePlan): StageModule => {
    if (resample === undefined) return { block: `${list}_${level}.block_${count}`, attention: `${list}_${level}.attn_${count++}` };
    const block = `${list}_${level}.${resample}sample`;
    level += resample === 'down' ? 1 : -1;
    count = 0;
    return { block, attention: '' };
  };
  const input = { block: 'conv_in', attention: '' };
  const downward = down.slice(1).map((stage) => moduleOf('down', stage));
  count = 0;
  return {
    down: [input, ...downward],
    mid: [1, 2].map((i) => ({ block: `mid.block_${i}`, attention: `mid.attn_${i}` })),
    up: up.map((stage) => moduleOf('up', stage)),
  };
}

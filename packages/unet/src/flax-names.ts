import { leaves } from '@tract/tensor';
import type { UNetConfig } from './config.js';
import type { ParamSpec } from './param-spec.js';
import type { BackbonePlan, StagePlan } from './plan.js';
import { unetSpec } from './unet.js';
import { planUNet } from './unet-layout.js';

/**
 * A parameter in a checkpoint of the published flax network, whose layouts are ours but for axes that are split or left out: its name,
 * path and all (`down_0.block_1/conv1/kernel`), and its shape there. Queries, keys and values are three arrays of that shape.
 */
export type FlaxName = { readonly names: readonly string[]; readonly shape: readonly number[] };

const lists = ['down', 'mid', 'up'] as const;

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
 * Where each of our parameters (by leaf path, in leaf order) is in the flax network of progressive distillation.
 * @throws RangeError for a configuration that it does not have: it always scales and shifts, and resamples inside blocks.
 */
export function flaxNames(config: UNetConfig): Map<string, FlaxName> {
  const specs = leaves<ParamSpec>(unetSpec(config));
  if (!config.scaleShift || !config.resampleInBlocks)
    throw new RangeError('flaxNames: the flax network has scaleShift and resampleInBlocks, this configuration has not');
  const plan = planUNet(config);
  const modules = stageModules(plan);
  return new Map(
    specs.map(([path, { shape }]): [string, FlaxName] => {
      const dot = path.lastIndexOf('.');
      const [layer, field] = [path.slice(0, dot), fields[path.slice(dot + 1)]];
      if (Object.hasOwn(fixed, layer)) return [path, { names: [`${fixed[layer]}/${field}`], shape }];
      const [list, index, ...rest] = layer.split('.');
      const stage = plan[list as (typeof lists)[number]][Number(index)];
      return [path, inModule(modules[list as (typeof lists)[number]][Number(index)], rest.join('.'), field, stage, shape)];
    }),
  );
}

function inModule(module: StageModule, part: string, field: string, stage: StagePlan, shape: readonly number[]): FlaxName {
  const parent = part.startsWith('attention') ? module.attention : module.block;
  const heads = stage.kind === 'block' ? stage.heads : 0;
  const split = [heads, stage.cOut / heads];
  if (part === 'attention.qkv') {
    const names = ['q', 'k', 'v'].map((name) => `${parent}/${name}/${field}`);
    return { names, shape: field === 'kernel' ? [stage.cOut, ...split] : split };
  }
  const names = [`${parent}/${inStage[part]}/${field}`];
  if (field !== 'kernel') return { names, shape };
  if (part === 'attention.out') return { names, shape: [...split, stage.cOut] };
  return { names, shape: part === 'res.skip' ? shape.slice(2) : shape };
}

/** What the two halves of a stage are called: the block itself, and the attention behind it. */
type StageModule = { readonly block: string; readonly attention: string };

function stageModules({ down, up }: BackbonePlan): Readonly<Record<(typeof lists)[number], readonly StageModule[]>> {
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

/**
 * The arrays of one parameter, each of `name.shape`, put into our order: one is taken as it is, three are queries, keys and values,
 * whose channels become (head, {q, k, v}, channel of the head). Our shape is that of the specification.
 */
export function fromFlax({ names, shape }: FlaxName, arrays: readonly Float32Array[]): Float32Array {
  if (names.length === 1) return arrays[0];
  const channels = shape[shape.length - 1];
  const heads = shape[shape.length - 2];
  const joined = new Float32Array(names.length * arrays[0].length);
  for (const [part, values] of arrays.entries()) {
    for (let from = 0; from < values.length; from += channels) {
      const head = (from / channels) % heads;
      const row = (from / channels - head) / heads;
      joined.set(values.subarray(from, from + channels), ((row * heads + head) * names.length + part) * channels);
    }
  }
  return joined;
}

import { leaves } from '@tract/tensor';
import type { DhariwalUNetConfig } from '../edm/edm-config.js';
import { planEdm } from '../edm/edm-layout.js';
import { edmUNetSpec } from '../edm/edm-unet.js';
import { fromFlax } from '../flax-names.js';
import type { ParamSpec } from '../param-spec.js';
import type { BackbonePlan } from '../plan.js';
import { fromTorch, type TorchLayout, torchFields } from '../torch-layout.js';

/**
 * A parameter in a UNet2DModel of diffusers: the arrays that it is there (queries, keys and values are three), their layout and shape, and for
 * queries, keys and values the number of heads.
 */
export type DiffusersName = {
  readonly names: readonly string[];
  readonly layout: TorchLayout;
  readonly shape: readonly number[];
  readonly heads?: number;
};

const fixed: Readonly<Record<string, string>> = {
  'embedding.first': 'time_embedding.linear_1',
  'embedding.second': 'time_embedding.linear_2',
  'embedding.classes': 'class_embedding',
  'down.0.conv': 'conv_in',
  'out.norm': 'conv_norm_out',
  'out.conv': 'conv_out',
};

const inBlock: Readonly<Record<string, string>> = {
  'res.norm1': 'norm1',
  'res.conv1': 'conv1',
  'res.time': 'time_emb_proj',
  'res.norm2': 'norm2',
  'res.conv2': 'conv2',
  'res.skip': 'conv_shortcut',
  'attention.norm': 'group_norm',
  'attention.out': 'to_out.0',
};

/**
 * Where each of our parameters (by leaf path, in leaf order) is in a UNet2DModel.
 * @throws RangeError for a configuration that it does not have: it is told no augmentation.
 */
export function diffusersNames(config: DhariwalUNetConfig): Map<string, DiffusersName> {
  const specs = leaves<ParamSpec>(edmUNetSpec(config));
  if (config.augmentChannels !== undefined)
    throw new RangeError('diffusersNames: a UNet2DModel is told no augmentation; leave augmentChannels out');
  const plan = planEdm(config);
  const places = { down: placesOf(plan, 'down'), mid: [placeIn('mid_block', 0), placeIn('mid_block', 1)], up: placesOf(plan, 'up') };
  return new Map(
    specs.map(([path, { shape }]): [string, DiffusersName] => {
      const dot = path.lastIndexOf('.');
      const [layer, leaf] = [path.slice(0, dot), path.slice(dot + 1)];
      const { field, layout } = layer === 'embedding.classes' ? { field: 'weight', layout: 'plain' as const } : torchFields[leaf];
      const there = shapeThere(layout, shape);
      if (Object.hasOwn(fixed, layer)) return [path, { names: [`${fixed[layer]}.${field}`], layout, shape: there }];
      const [list, index, ...rest] = layer.split('.') as ['down' | 'mid' | 'up', string, ...string[]];
      const part = rest.join('.');
      const place = places[list][Number(index)];
      if (part === 'conv') return [path, { names: [`${place.block}.conv.${field}`], layout, shape: there }];
      if (!part.startsWith('attention')) return [path, { names: [`${place.block}.${inBlock[part]}.${field}`], layout, shape: there }];
      // Attention's convolutions of one pixel are linear layers there.
      const linear = layout === 'conv' ? { layout: 'linear' as const, shape: there.slice(0, 2) } : { layout, shape: there };
      if (part !== 'attention.qkv') return [path, { names: [`${place.attention}.${inBlock[part]}.${field}`], ...linear }];
      const stage = plan[list][Number(index)];
      const names = ['to_q', 'to_k', 'to_v'].map((name) => `${place.attention}.${name}.${field}`);
      const [outputs, ...inputs] = linear.shape;
      return [path, { names, ...linear, shape: [outputs / 3, ...inputs], heads: stage.kind === 'block' ? stage.heads : 0 }];
    }),
  );
}

/** What the two halves of a stage are called: the block (or what resamples) itself, and the attention behind it. */
type Place = { readonly block: string; readonly attention: string };

const placeIn = (parent: string, count: number): Place => ({
  block: `${parent}.resnets.${count}`,
  attention: `${parent}.attentions.${count}`,
});

/** The blocks of a level and what resamples behind them are one module there. */
function placesOf(plan: BackbonePlan, list: 'down' | 'up'): Place[] {
  let level = 0;
  let count = 0;
  return plan[list].map((stage, i) => {
    if (list === 'down' && i === 0) return { block: '', attention: '' };
    if (stage.resample === undefined) return placeIn(`${list}_blocks.${level}`, count++);
    count = 0;
    return { block: `${list}_blocks.${level++}.${stage.resample}samplers.0`, attention: '' };
  });
}

function shapeThere(layout: TorchLayout, shape: readonly number[]): readonly number[] {
  if (layout === 'plain') return shape;
  const [cIn, cOut] = shape.slice(-2);
  return [cOut, cIn, ...shape.slice(0, -2)];
}

/** The arrays of one parameter, each as it is there, put into our order; our shape is that of the specification. */
export function fromDiffusers({ names, layout, shape, heads }: DiffusersName, arrays: readonly Float32Array[]): Float32Array {
  const ours = arrays.map((values) => fromTorch(layout, values, shape).values);
  // As flax does, three arrays whose outputs run (head, channel of the head).
  return heads === undefined ? ours[0] : fromFlax({ names, shape: [heads, shape[0] / heads] }, ours);
}

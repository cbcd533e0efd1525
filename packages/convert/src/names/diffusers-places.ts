import { leaves } from '@tract/tensor';
import { type BackbonePlan, type DhariwalUNetConfig, edmUNetSpec, type ParamSpec, planEdm } from '@tract/unet';
import { headsOf, parseLeafPath } from './leaf-path.js';
import type { Place, Places } from './place.js';
import { torchFields, torchShape } from './torch-layout.js';

const fixed: Readonly<Record<string, string>> = {
  'embedding.first': 'time_embedding.linear_1',
  'embedding.second': 'time_embedding.linear_2',
  'embedding.classes': 'class_embedding',
  'down.0.conv': 'conv_in',
  'out.norm': 'conv_norm_out',
  'out.conv': 'conv_out',
};

const inBlock: Readonly<Record<string, string>> = {
  conv: 'conv',
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
 * Return where each parameter of an ADM is in a UNet2DModel of diffusers.
 * @throws RangeError for a configuration that it does not have: augmentation inputs.
 */
export function diffusersPlaces(config: DhariwalUNetConfig): Places {
  const specs = leaves<ParamSpec>(edmUNetSpec(config));
  if (config.augmentChannels !== undefined)
    throw new RangeError('a UNet2DModel is not conditioned on augmentation; leave augmentChannels out');
  const plan = planEdm(config);
  const modules = { down: modulesOf(plan, 'down'), mid: [moduleIn('mid_block', 0), moduleIn('mid_block', 1)], up: modulesOf(plan, 'up') };
  return new Map(
    specs.map(([path, { shape }]): [string, Place] => {
      const { layer, leaf, stage } = parseLeafPath(path);
      const { field, layout } = layer === 'embedding.classes' ? { field: 'weight', layout: 'plain' as const } : torchFields[leaf];
      const there = torchShape(layout, shape);
      if (stage === undefined || Object.hasOwn(fixed, layer)) return [path, { names: [`${fixed[layer]}.${field}`], layout, shape: there }];
      const { block, attention } = modules[stage.list][stage.index];
      if (!stage.part.startsWith('attention')) return [path, { names: [`${block}.${inBlock[stage.part]}.${field}`], layout, shape: there }];
      // The 1x1 convolutions of attention are linear layers there.
      const linear = layout === 'conv' ? { layout: 'linear' as const, shape: there.slice(0, 2) } : { layout, shape: there };
      if (stage.part !== 'attention.qkv') return [path, { names: [`${attention}.${inBlock[stage.part]}.${field}`], ...linear }];
      const names = ['to_q', 'to_k', 'to_v'].map((name) => `${attention}.${name}.${field}`);
      const [outputs, ...inputs] = linear.shape;
      return [path, { names, ...linear, shape: [outputs / 3, ...inputs], qkv: { ...headsOf(plan, stage), order: 'part-head-channel' } }];
    }),
  );
}

/** Names of the two halves of a stage: the block (or what resamples) itself, and the attention behind it. */
type StageModule = { readonly block: string; readonly attention: string };

const moduleIn = (parent: string, count: number): StageModule => ({
  block: `${parent}.resnets.${count}`,
  attention: `${parent}.attentions.${count}`,
});

/** The blocks of a level and what resamples behind them are one module there. */
function modulesOf(plan: BackbonePlan, list: 'down' | 'up'): StageModule[] {
  let level = 0;
  let count = 0;
  return plan[list].map((stage, i) => {
    if (list === 'down' && i === 0) return { block: '', attention: '' };
    if (stage.resample === undefined) return moduleIn(`${list}_blocks.${level}`, count++);
    count = 0;
    return { block: `${list}_blocks.${level++}.${stage.resample}samplers.0`, attention: '' };
  });
}

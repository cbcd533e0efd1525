import { leaves } from '@tract/tensor';
import { type BackbonePlan, type DhariwalUNetConfig, edmUNetSpec, type ParamSpec, planEdm, type StagePlan } from '@tract/unet';
import { headsOf, parseLeafPath } from './leaf-path.js';
import type { Place, Places } from './place.js';
import { torchFields, torchShape } from './torch-layout.js';
import { hasUNet2DOptions } from './unet2d-options.js';

/** Storage of the 1x1 convolutions of attention in one of OpenAI's programs. */
export type AdmStorage = {
  /** Spatial axes of their kernels: 1 in guided-diffusion ([cOut, cIn, 1]), 2 in consistency_models ([cOut, cIn, 1, 1]). */
  readonly attentionAxes: 1 | 2;
  /** Order of queries, keys and values: 'legacy' (head, part, channel), 'new' (part, head, channel). */
  readonly attentionOrder: 'legacy' | 'new';
};

const fixed: Readonly<Record<string, string>> = {
  'embedding.first': 'time_embed.0',
  'embedding.second': 'time_embed.2',
  'embedding.classes': 'label_emb',
  'out.norm': 'out.0',
  'out.conv': 'out.2',
};

const inBlock: Readonly<Record<string, string>> = {
  'res.norm1': 'in_layers.0',
  'res.conv1': 'in_layers.2',
  'res.time': 'emb_layers.1',
  'res.norm2': 'out_layers.0',
  'res.conv2': 'out_layers.3',
  'res.skip': 'skip_connection',
  'attention.norm': 'norm',
  'attention.qkv': 'qkv',
  'attention.out': 'proj_out',
};

/**
 * Return where each parameter of an ADM is in a state dict of guided-diffusion or consistency_models.
 * @throws RangeError for a configuration that they do not have: augmentation inputs, or options of a UNet2DModel.
 */
export function admPlaces(config: DhariwalUNetConfig, { attentionAxes, attentionOrder }: AdmStorage): Places {
  const specs = leaves<ParamSpec>(edmUNetSpec(config));
  if (config.augmentChannels !== undefined)
    throw new RangeError('networks of OpenAI are not conditioned on augmentation; leave augmentChannels out');
  if (hasUNet2DOptions(config)) throw new RangeError('networks of OpenAI have no heads, eps, halvingPad or sinesFirst');
  const plan = planEdm(config);
  const modules = { down: plan.down.map((_, i) => `input_blocks.${i}`), up: upModules(plan) };
  return new Map(
    specs.map(([path, { shape }]): [string, Place] => {
      const { layer, leaf, stage } = parseLeafPath(path);
      const { field, layout } = layer === 'embedding.classes' ? { field: 'weight', layout: 'plain' as const } : torchFields[leaf];
      const there = torchShape(layout, shape);
      if (stage === undefined) return [path, { names: [`${fixed[layer]}.${field}`], layout, shape: there }];
      const { list, index, part } = stage;
      const isAttention = part.startsWith('attention');
      const module =
        list === 'mid'
          ? `middle_block.${isAttention ? 1 : 2 * index}.${inBlock[part]}`
          : moduleAt(modules[list][index], plan[list][index], part);
      return [
        path,
        {
          names: [`${module}.${field}`],
          layout,
          shape: isAttention && layout === 'conv' ? there.slice(0, 2 + attentionAxes) : there,
          ...(part === 'attention.qkv' && attentionOrder === 'new' && { qkv: { ...headsOf(plan, stage), order: 'part-head-channel' } }),
        },
      ];
    }),
  );
}

/** Name the module of each stage of the way up: blocks are sequences, and what resamples is the last of the sequence before it. */
function upModules({ up }: BackbonePlan): string[] {
  let block = -1;
  let length = 0;
  return up.map((stage) => {
    if (stage.resample) return `output_blocks.${block}.${length}`;
    length = stage.kind === 'block' && stage.heads > 0 ? 2 : 1;
    return `output_blocks.${++block}`;
  });
}

function moduleAt(module: string, { kind, resample }: StagePlan, part: string): string {
  if (kind === 'conv') return resample === undefined ? `${module}.0` : resample === 'up' ? `${module}.conv` : `${module}.0.op`;
  const inSequence = resample === 'up' ? '' : part.startsWith('attention') ? '.1' : '.0';
  return `${module}${inSequence}.${inBlock[part]}`;
}

import { leaves } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import type { BackbonePlan, StagePlan } from '../plan.js';
import { fromTorch, type TorchLayout, torchFields } from '../torch-layout.js';
import type { DhariwalUNetConfig } from './edm-config.js';
import { isHos, planEdm } from './edm-layout.js';
import { edmUNetSpec } from './edm-unet.js';

/** How one of OpenAI's programs keeps an attention's 1x1 convolutions. */
export type AdmStorage = {
  /** Axes of their kernels: 1 in guided-diffusion ([cOut, cIn, 1]), 2 in consistency_models ([cOut, cIn, 1, 1]). */
  readonly attentionAxes: 1 | 2;
  /** Outputs of queries, keys and values: 'legacy' (head, {q, k, v}, channel of the head), 'new' ({q, k, v}, head, channel of the head). */
  readonly attentionOrder: 'legacy' | 'new';
};

/** A parameter in a state dict of OpenAI's: its name, PyTorch's layout, its shape there, and the heads whose parts come first there, if so. */
export type AdmName = {
  readonly name: string;
  readonly layout: TorchLayout;
  readonly shape: readonly number[];
  readonly partsFirst?: number;
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
 * Where each of our parameters (by leaf path, in leaf order) is in a state dict of guided-diffusion or consistency_models.
 * @throws RangeError for a configuration that they do not have: they are told no augmentation, and are not those of Ho et al. 2020.
 */
export function admNames(config: DhariwalUNetConfig, { attentionAxes, attentionOrder }: AdmStorage): Map<string, AdmName> {
  const specs = leaves<ParamSpec>(edmUNetSpec(config));
  if (config.augmentChannels !== undefined)
    throw new RangeError('admNames: networks of OpenAI are told no augmentation; leave augmentChannels out');
  if (isHos(config)) throw new RangeError('admNames: networks of OpenAI have no heads, eps, halvingPad or sinesFirst; see diffusersNames');
  const plan = planEdm(config);
  const places = { down: plan.down.map((_, i) => `input_blocks.${i}`), up: upPlaces(plan) };
  return new Map(
    specs.map(([path, { shape }]): [string, AdmName] => {
      const dot = path.lastIndexOf('.');
      const [layer, leaf] = [path.slice(0, dot), path.slice(dot + 1)];
      const { field, layout } = layer === 'embedding.classes' ? { field: 'weight', layout: 'plain' as const } : torchFields[leaf];
      if (Object.hasOwn(fixed, layer)) return [path, { name: `${fixed[layer]}.${field}`, layout, shape: shapeThere(layout, shape) }];
      const [list, index, ...rest] = layer.split('.');
      const part = rest.join('.');
      const module =
        list === 'mid'
          ? `middle_block.${part.startsWith('attention') ? 1 : 2 * Number(index)}.${inBlock[part]}`
          : moduleAt(places[list as 'down' | 'up'][Number(index)], plan[list as 'down' | 'up'][Number(index)], part);
      const stage = plan[list as 'down' | 'mid' | 'up'][Number(index)];
      const there = shapeThere(layout, shape);
      return [
        path,
        {
          name: `${module}.${field}`,
          layout,
          shape: part.startsWith('attention') && layout === 'conv' ? there.slice(0, 2 + attentionAxes) : there,
          ...(part === 'attention.qkv' && attentionOrder === 'new' && stage.kind === 'block' && { partsFirst: stage.heads }),
        },
      ];
    }),
  );
}

/** Each block of the way up with what resamples behind it in one sequence: its place, and for what resamples, its place in there. */
function upPlaces({ up }: BackbonePlan): string[] {
  let block = -1;
  let length = 0;
  return up.map((stage) => {
    if (stage.resample) return `output_blocks.${block}.${length}`;
    length = stage.kind === 'block' && stage.heads > 0 ? 2 : 1;
    return `output_blocks.${++block}`;
  });
}

function moduleAt(place: string, { kind, resample }: StagePlan, part: string): string {
  const isInside = resample === 'up';
  if (kind === 'conv') return resample === undefined ? `${place}.0` : resample === 'up' ? `${place}.conv` : `${place}.0.op`;
  return `${place}${isInside ? '' : part.startsWith('attention') ? '.1' : '.0'}.${inBlock[part]}`;
}

function shapeThere(layout: TorchLayout, shape: readonly number[]): readonly number[] {
  if (layout === 'plain') return shape;
  const [cIn, cOut] = shape.slice(-2);
  return [cOut, cIn, ...shape.slice(0, -2)];
}

/** Values of a parameter as they are there, in our order; our shape is that of the specification. */
export function fromAdm({ layout, shape, partsFirst }: AdmName, values: Float32Array): Float32Array {
  const ours = fromTorch(layout, values, shape).values;
  if (partsFirst === undefined) return ours;
  const outputs = shape[0];
  const channels = outputs / (3 * partsFirst);
  return ours.map((_, i) => {
    const output = i % outputs;
    const head = Math.floor(output / (3 * channels));
    const part = Math.floor(output / channels) % 3;
    return ours[i - output + (part * partsFirst + head) * channels + (output % channels)];
  });
}

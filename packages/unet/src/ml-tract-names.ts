import { leaves } from '@tract/tensor';
import type { UNetConfig } from './config.js';
import type { ParamSpec } from './param-spec.js';
import { planUNet, type StagePlan } from './plan.js';
import { unetSpec } from './unet.js';

/**
 * How ml-tract lays a parameter out: 'conv' is [cOut, cIn, kh, kw] where ours is [kh, kw, cIn, cOut], 'linear' is [cOut, cIn] where ours
 * is [cIn, cOut], 'plain' is the same.
 */
export type MlTractLayout = 'conv' | 'linear' | 'plain';
export type MlTractName = { readonly name: string; readonly layout: MlTractLayout };

const lists = ['down', 'mid', 'up'] as const;

const last: Readonly<Record<string, { readonly field: string; readonly layout: MlTractLayout }>> = {
  kernel: { field: 'weight', layout: 'conv' },
  weight: { field: 'weight', layout: 'linear' },
  gamma: { field: 'weight', layout: 'plain' },
  beta: { field: 'bias', layout: 'plain' },
  bias: { field: 'bias', layout: 'plain' },
};

const fixed: Readonly<Record<string, string>> = {
  'embedding.time.first': 'time.0',
  'embedding.time.second': 'time.2',
  'embedding.classes': 'class_emb',
  'out.norm': 'out.0',
  'out.conv': 'out.2',
};

/** Where each of our parameters (by leaf path, in leaf order) is in a state dict of ml-tract's U-Net. */
export function mlTractNames(config: UNetConfig): Map<string, MlTractName> {
  const names = new Map<string, MlTractName>();
  const plan = planUNet(config);
  for (const [path] of leaves<ParamSpec>(unetSpec(config))) {
    const dot = path.lastIndexOf('.');
    const [layer, leaf] = [path.slice(0, dot), path.slice(dot + 1)];
    const { field, layout } = last[leaf];
    const [list, index, ...rest] = layer.split('.');
    const parent = lists.find((name) => name === list);
    const module = parent === undefined ? fixed[layer] : `${list}.${index}${moduleInStage(plan[parent][Number(index)], rest)}`;
    names.set(path, { name: `${module}.${field}`, layout });
  }
  return names;
}

/** Inside a list: lone convolutions sit in a sequence with what resamples before them, resampling blocks lack the 'resblocks' level. */
function moduleInStage(stage: StagePlan, [part, ...inner]: readonly string[]): string {
  if (part === 'conv') return { none: '', down: '.0', up: '.1' }[stage.resample ?? 'none'];
  if (part === 'attention') return `.attention.${inner.join('.')}`;
  const module = inner.map((name) => (name === 'time' ? 'time.1' : name)).join('.');
  return stage.resample ? `.${module}` : `.resblocks.${module}`;
}

/**
 * Values in ml-tract's order ('conv' [cOut, cIn, kh, kw], 'linear' [cOut, cIn]) put into ours; `shape` is the shape they have there.
 * Returns the values and their shape here; 'plain' ones are returned as they are.
 */
export function fromMlTract(
  layout: MlTractLayout,
  values: Float32Array,
  shape: readonly number[],
): { values: Float32Array; shape: number[] } {
  if (layout === 'plain') return { values, shape: [...shape] };
  const [cOut, cIn, ...kernel] = shape;
  const taps = kernel.reduce((product, side) => product * side, 1);
  const moved = new Float32Array(values.length);
  for (let o = 0; o < cOut; o++) {
    for (let i = 0; i < cIn; i++) {
      for (let tap = 0; tap < taps; tap++) moved[(tap * cIn + i) * cOut + o] = values[(o * cIn + i) * taps + tap];
    }
  }
  return { values: moved, shape: [...kernel, cIn, cOut] };
}

import { leaves } from '@tract/tensor';
import type { UNetConfig } from './config.js';
import type { ParamSpec } from './param-spec.js';
import type { StagePlan } from './plan.js';
import { fromTorch, type TorchLayout, torchFields } from './torch-layout.js';
import { unetSpec } from './unet.js';
import { planUNet } from './unet-layout.js';

/** ml-tract lays its parameters out as PyTorch does. */
export type MlTractLayout = TorchLayout;
export type MlTractName = { readonly name: string; readonly layout: MlTractLayout };

const lists = ['down', 'mid', 'up'] as const;

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
    const { field, layout } = torchFields[leaf];
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

/** Values in ml-tract's order put into ours. */
export const fromMlTract = fromTorch;

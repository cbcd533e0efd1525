import { leaves } from '@tract/tensor';
import { type ParamSpec, planUNet, type StagePlan, type UNetConfig, unetSpec } from '@tract/unet';
import { parseLeafPath } from './leaf-path.js';
import type { Place, Places } from './place.js';
import { torchFields, torchShape } from './torch-layout.js';

const fixed: Readonly<Record<string, string>> = {
  'embedding.time.first': 'time.0',
  'embedding.time.second': 'time.2',
  'embedding.classes': 'class_emb',
  'out.norm': 'out.0',
  'out.conv': 'out.2',
};

/**
 * Return where each parameter of the paper's U-Net is in a state dict of apple/ml-tract.
 * @throws RangeError or TypeError for a configuration that no network can be built from.
 */
export function mlTractPlaces(config: UNetConfig): Places {
  const specs = leaves<ParamSpec>(unetSpec(config));
  const plan = planUNet(config);
  return new Map(
    specs.map(([path, { shape }]): [string, Place] => {
      const { layer, leaf, stage } = parseLeafPath(path);
      const { field, layout } = torchFields[leaf];
      const module = stage
        ? `${stage.list}.${stage.index}${moduleInStage(plan[stage.list][stage.index], stage.part.split('.'))}`
        : fixed[layer];
      return [path, { names: [`${module}.${field}`], layout, shape: torchShape(layout, shape) }];
    }),
  );
}

/** Return a layer's module within its stage: a lone convolution follows what resamples in a sequence, resampling blocks lack the 'resblocks' level. */
function moduleInStage(stage: StagePlan, [part, ...inner]: readonly string[]): string {
  if (part === 'conv') return { none: '', down: '.0', up: '.1' }[stage.resample ?? 'none'];
  if (part === 'attention') return `.attention.${inner.join('.')}`;
  const module = inner.map((name) => (name === 'time' ? 'time.1' : name)).join('.');
  return stage.resample ? `.${module}` : `.resblocks.${module}`;
}

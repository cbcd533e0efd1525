import { leaves } from '@tract/tensor';
import {
  type BackbonePlan,
  type DhariwalUNetConfig,
  type EdmUNetConfig,
  edmGroups,
  edmUNetSpec,
  type ParamSpec,
  planEdm,
} from '@tract/unet';
import { type EdmModules, edmModules } from './edm-modules.js';
import { headsOf, type LeafPath, parseLeafPath } from './leaf-path.js';
import type { Place, Places } from './place.js';
import { torchFields, torchShape } from './torch-layout.js';
import { hasUNet2DOptions } from './unet2d-options.js';

const inStage: Readonly<Record<string, string>> = {
  conv: '',
  'res.norm1': '.norm0',
  'res.conv1': '.conv0',
  'res.time': '.affine',
  'res.norm2': '.norm1',
  'res.conv2': '.conv1',
  'res.skip': '.skip',
  'attention.norm': '.norm2',
  'attention.qkv': '.qkv',
  'attention.out': '.proj',
};

const fixed: Readonly<Record<string, string>> = {
  embedding: 'map_noise',
  'embedding.classes': 'map_label',
  'embedding.augment': 'map_augment',
  'embedding.first': 'map_layer0',
  'embedding.second': 'map_layer1',
};

/**
 * Return where each parameter is in a state dict of NVlabs/edm, of a network under its preconditioning.
 * @throws RangeError for an ADM that EDM's code does not build, such as one without scale and shift.
 */
export function edmPlaces(config: EdmUNetConfig): Places {
  const plan = planEdm(config);
  if (config.kind === 'dhariwal') requireEdms(config, plan);
  const modules = edmModules(config, plan);
  return new Map(
    leaves<ParamSpec>(edmUNetSpec(config)).map(([path, { shape }]): [string, Place] => {
      const parsed = parseLeafPath(path);
      const { field, layout } = torchFields[parsed.leaf];
      const isQkv = parsed.stage?.part === 'attention.qkv';
      return [
        path,
        {
          names: [`model.${moduleOf(parsed, modules)}.${field}`],
          shape: torchShape(layout, shape),
          layout,
          ...(parsed.stage && isQkv && { qkv: { ...headsOf(plan, parsed.stage), order: 'head-channel-part' } }),
        },
      ];
    }),
  );
}

/** EDM's code takes no options for its ADM. */
function requireEdms(config: DhariwalUNetConfig, plan: BackbonePlan): void {
  const { scaleShift = true, resampleInBlocks = true, headDim = 64, groups } = config;
  const isOwnGroups = (width: number): boolean => groups === undefined || groups === edmGroups(width);
  const hasOwnGroups = [...plan.down.slice(1), ...plan.mid, ...plan.up].every(({ cIn, cOut }) => isOwnGroups(cIn) && isOwnGroups(cOut));
  if (!scaleShift || !resampleInBlocks || headDim !== 64 || !hasOwnGroups || hasUNet2DOptions(config))
    throw new RangeError(
      'the ADM of EDM scales and shifts, resamples in blocks, has heads of 64 channels and groups of its own rule, this configuration differs',
    );
}

function moduleOf({ layer, stage }: LeafPath, modules: EdmModules): string {
  if (stage) return modules[stage.list][stage.index] + inStage[stage.part];
  if (Object.hasOwn(fixed, layer)) return fixed[layer];
  const [list, index, part] = layer.split('.');
  if (list === 'out') return `${modules.out}_${index}`;
  return list === 'readouts' ? `${modules.readouts[Number(index)]}_${part}` : modules.pyramid[Number(index)];
}

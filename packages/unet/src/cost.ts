import { leaves } from '@tract/tensor';
import type { UNetConfig } from './config.js';
import type { EdmUNetConfig } from './edm/edm-config.js';
import { planEdm } from './edm/edm-layout.js';
import { edmUNetSpec } from './edm/edm-unet.js';
import { countParameters, type ParamSpec, sizeOfSpec } from './param-spec.js';
import type { BackbonePlan, StagePlan } from './plan.js';
import { unetSpec } from './unet.js';
import { planUNet } from './unet-layout.js';

/** Cost of a network call for one image of the configuration's size. */
export type NetworkCost = {
  readonly parameters: number;
  /** Multiply-adds of convolutions, linear layers and attention: two floating-point operations each. Nothing else is counted. */
  readonly multiplyAdds: number;
  /** Numbers in the outputs of all layers: about what a forward pass keeps for the gradient. */
  readonly activations: number;
};

/** Count the cost of the paper's U-Net from its plan; allocates nothing. @throws RangeError or TypeError for a configuration that no network can be built from. */
export const unetCost = (config: UNetConfig): NetworkCost => costOf(unetSpec(config), planUNet(config), config.imageSize);

/** Count the cost of a network of Karras et al. 2022 without the filters that resample its images; allocates nothing. */
export const edmUNetCost = (config: EdmUNetConfig): NetworkCost => costOf(edmUNetSpec(config), planEdm(config), config.imageSize);

type Sides = Readonly<Record<'down' | 'mid' | 'up' | 'pyramid' | 'readouts', readonly number[]>>;

function costOf(spec: Parameters<typeof countParameters>[0], plan: BackbonePlan, imageSize: number): NetworkCost {
  const sides = sidesOf(plan, imageSize);
  let [multiplyAdds, activations] = [0, 0];
  for (const [path, leaf] of leaves<ParamSpec>(spec)) {
    const [list, index] = path.split('.');
    const side = list === 'embedding' ? 1 : (sides[list as keyof Sides]?.[Number(index)] ?? imageSize);
    const layer = layerCost(path, leaf, side ** 2);
    multiplyAdds += layer.multiplyAdds;
    activations += layer.activations;
  }
  for (const list of ['down', 'mid', 'up'] as const) {
    plan[list].forEach((stage, i) => {
      const pixels = sides[list][i] ** 2;
      multiplyAdds += attentionCost(stage, pixels);
      activations += stage.kind === 'block' && stage.heads > 0 ? pixels * stage.cOut : 0;
      // The skip and the features, stacked.
      activations += list === 'up' && stage.resample === undefined ? pixels * stage.cIn : 0;
    });
  }
  return { parameters: countParameters(spec), multiplyAdds, activations };
}

/** A layer is known by its weights: convolutions apply them at every pixel, linear layers once for an image. */
function layerCost(path: string, spec: ParamSpec, pixels: number): { readonly multiplyAdds: number; readonly activations: number } {
  const width = spec.shape[spec.shape.length - 1];
  if (path.endsWith('.kernel')) return { multiplyAdds: sizeOfSpec(spec) * pixels, activations: width * pixels };
  if (path.endsWith('.weight')) return { multiplyAdds: sizeOfSpec(spec), activations: width };
  return { multiplyAdds: 0, activations: path.endsWith('.gamma') ? width * pixels : 0 };
}

/** Queries times keys, and weights times values, over all heads. */
const attentionCost = (stage: StagePlan, pixels: number): number =>
  stage.kind === 'block' && stage.heads > 0 ? 2 * pixels ** 2 * stage.cOut : 0;

/** The side of the feature maps at which each entry of the plan works: a stage that resamples, at the one that comes out. */
function sidesOf({ down, mid, up, pyramid, readouts }: BackbonePlan, imageSize: number): Sides {
  let side = imageSize;
  const after = ({ resample }: StagePlan): number => {
    if (resample !== undefined) side = resample === 'down' ? side / 2 : side * 2;
    return side;
  };
  const downward = down.map(after);
  const coarsest = side;
  return {
    down: downward,
    mid: mid.map(() => coarsest),
    up: up.map(after),
    // A residual pyramid convolves before it halves, the other kind after.
    pyramid: pyramid.map(({ kind }, i) => imageSize / 2 ** (kind === 'residual' ? i : i + 1)),
    readouts: readouts.map((_, i) => coarsest * 2 ** i),
  };
}

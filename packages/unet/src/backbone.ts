import { add, combine, concat, scope, type Tensor } from '@tract/tensor';
import type { BlockStyle } from './block-style.js';
import { applyConv, type Conv, convSpec } from './layers/conv.js';
import type { Dropout } from './layers/dropout.js';
import { applyReadout, type Readout, readoutSpec } from './layers/readout.js';
import type { ParamSpec } from './param-spec.js';
import type { BackbonePlan, PyramidPlan, StagePlan } from './plan.js';
import { applyStage, type Stage, stageSpec } from './stage.js';

/** A network without its embedding, laid out as it computes. */
export type Backbone<T> = {
  /** The input convolution, then the levels from fine to coarse. */
  readonly down: readonly Stage<T>[];
  readonly mid: readonly Stage<T>[];
  readonly up: readonly Stage<T>[];
  readonly out: Readout<T>;
  /** Convolutions that bring the input image to the coarser levels, one per halving, in networks that have them. */
  readonly pyramid?: readonly Conv<T>[];
  /** Layers that read an image off the coarser levels, from coarse to fine, in networks that have them. */
  readonly readouts?: readonly Readout<T>[];
};

/** `imageChannels`: of the images that are read off. */
export function backboneSpec(plan: BackbonePlan, style: BlockStyle, imageChannels: number): Backbone<ParamSpec> {
  const stages = (plans: readonly StagePlan[]) => plans.map((stage) => stageSpec(stage, style));
  const readout = (cIn: number) => readoutSpec({ cIn, cOut: imageChannels }, style);
  const pyramid = plan.pyramid.map(({ kind, cIn, cOut }) => convSpec({ size: kind === 'skip' ? 1 : 3, cIn, cOut }, style.init.layer));
  return {
    ...{ down: stages(plan.down), mid: stages(plan.mid), up: stages(plan.up), out: readout(plan.last) },
    ...(pyramid.length > 0 && { pyramid }),
    ...(plan.readouts.length > 0 && { readouts: plan.readouts.map(readout) }),
  };
}

/** State on the way down: the features, the pyramid's image where there is one, and how often both were halved. */
type Descent = { readonly features: Tensor; readonly image?: Tensor; readonly halvings: number };
/** State on the way up: the features, and the sum of the images read off so far where there are any. */
type Ascent = { readonly features: Tensor; readonly image?: Tensor };

/**
 * x [N, H, W, inChannels], embedding [N, embChannels] (SiLU already taken) -> the image that is read off in the end [N, H, W, imageChannels].
 * Layers of `drop` are the stages, numbered through down, mid and up.
 */
export function applyBackbone(
  plan: BackbonePlan,
  params: Backbone<Tensor>,
  x: Tensor,
  embedding: Tensor,
  style: BlockStyle,
  drop?: Dropout,
): Tensor {
  const { down, mid, up } = plan;
  const dropAt = (layer: number) => drop && ((features: Tensor) => drop(features, layer));
  // Stages of `up` from the coarse end: the taker of a skip, then whatever resamples its output.
  let next = 0;
  let readouts = 0;
  const goUp = (features: Tensor): Tensor => {
    const at = next++;
    return applyStage(up[at], params.up[at], features, embedding, style, dropAt(down.length + mid.length + at));
  };
  const goDown = (k: number, { features, image, halvings }: Descent): Descent => {
    const stage = applyStage(down[k], params.down[k], features, embedding, style, dropAt(k));
    if (down[k].resample !== 'down') return { features: stage, image, halvings };
    const conv = params.pyramid?.[halvings];
    const joined = conv && image && joinPyramid(plan.pyramid[halvings], conv, stage, image, style);
    return { features: stage, ...joined, halvings: halvings + 1 };
  };
  const middle = (features: Tensor): Tensor =>
    mid.reduce((h, stage, i) => applyStage(stage, params.mid[i], h, embedding, style, dropAt(down.length + i)), features);

  // Everything inside skip k. Each call's scope ends with its skip used, so that the feature maps go as the way up passes them.
  const inside = (k: number, from: Descent): Ascent =>
    scope(() => {
      const here = goDown(k, from);
      const deeper: Ascent = k + 1 < down.length ? inside(k + 1, here) : { features: scope(() => middle(here.features)) };
      const features = scope(() => goUp(concat([deeper.features, here.features], 3)));
      if (!up[next]?.resample) return { ...deeper, features };
      const readout = params.readouts?.[readouts++];
      return { features: goUp(features), image: readout && readOff(readout, features, deeper.image, style) };
    });
  return scope(() => {
    const { features, image } = inside(0, { features: x, image: plan.pyramid.length > 0 ? x : undefined, halvings: 0 });
    return readOff(params.out, features, image, style);
  });
}

/** Map features and the image of the level above to both at this level. */
function joinPyramid({ kind }: PyramidPlan, conv: Conv<Tensor>, features: Tensor, above: Tensor, { resample }: BlockStyle): Ascent {
  return scope(() => {
    if (kind === 'skip') {
      const image = resample.down(above);
      return { features: applyConv(conv, image, { residual: features }), image };
    }
    const sum = combine([
      [Math.SQRT1_2, features],
      [Math.SQRT1_2, resample.convolveDown(conv, above)],
    ]);
    return { features: sum, image: sum };
  });
}

/** The image read off the features, plus what was read off at half the resolution, doubled in size. */
function readOff(readout: Readout<Tensor>, features: Tensor, coarser: Tensor | undefined, style: BlockStyle): Tensor {
  return scope(() => {
    const image = applyReadout(readout, features, style);
    return coarser ? add(image, style.resample.up(coarser)) : image;
  });
}

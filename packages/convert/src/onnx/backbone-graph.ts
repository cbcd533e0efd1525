import type { BackbonePlan, BlockPlan, BlockStyle, PyramidPlan, StagePlan } from '@tract/unet';
import type { Value } from './graph-builder.js';
import type { Features, Layers } from './layers.js';
import { nearest, type Resampling } from './resampling.js';

type Image = Features | undefined;

/** Everything of a network but its embedding, as nodes. */
export class BackboneGraph {
  constructor(
    readonly layers: Layers,
    readonly plan: BackbonePlan,
    readonly style: BlockStyle,
    readonly resampling: Resampling,
  ) {}

  /** x [N, inChannels, H, W] and embedding [N, embChannels], its SiLU taken → the image that is read off. */
  apply(x: Features, embedding: Value): Features {
    const { down, mid, up, pyramid } = this.plan;
    const skips: Features[] = [];
    let [features, image]: [Features, Image] = [x, pyramid.length > 0 ? x : undefined];
    let halvings = 0;
    down.forEach((stage, i) => {
      features = this.#stage(`down.${i}`, stage, features, embedding);
      if (stage.resample === 'down') {
        if (image) [features, image] = this.#joinPyramid(`pyramid.${halvings}`, pyramid[halvings], features, image);
        halvings++;
      }
      skips.push(features);
    });
    mid.forEach((stage, i) => {
      features = this.#stage(`mid.${i}`, stage, features, embedding);
    });
    image = undefined;
    let readouts = 0;
    up.forEach((stage, i) => {
      // A resampling block follows the one that takes the skip, whose image is read before.
      if (stage.resample && this.plan.readouts.length > 0) image = this.#readOff(`readouts.${readouts++}`, features, image);
      features = this.#stage(`up.${i}`, stage, stage.resample ? features : this.layers.concat(features, skips.pop()!), embedding);
    });
    return this.#readOff('out', features, image);
  }

  #stage(path: string, stage: StagePlan, x: Features, embedding: Value): Features {
    const { layers, style } = this;
    if (stage.kind === 'block') return this.#attend(path, stage, this.#resBlock(`${path}.res`, stage, x, embedding));
    if (stage.resample === 'up') return layers.conv(`${path}.conv`, nearest(layers, x));
    if (stage.resample === undefined) return layers.conv(`${path}.conv`, x);
    return layers.conv(`${path}.conv`, x, { stride: 2, pads: style.halvingPad === 'around' ? [1, 1, 1, 1] : [0, 0, 1, 1] });
  }

  #resBlock(path: string, { resample }: BlockPlan, x: Features, embedding: Value): Features {
    const { layers, style } = this;
    const resampled = (image: Features) => (resample ? this.resampling[resample](image) : image);
    const time = layers.linear(`${path}.time`, embedding);
    const hidden = layers.conv(`${path}.conv1`, resampled(this.#silu(this.#norm(`${path}.norm1`, x))));
    const modulated = style.scaleShift
      ? this.#norm(`${path}.norm2`, hidden, time)
      : this.#norm(`${path}.norm2`, layers.addPerImage(hidden, time));
    const shortcut = resampled(x);
    const residual = layers.has(`${path}.skip.kernel`) ? layers.conv(`${path}.skip`, shortcut) : shortcut;
    return layers.sum(layers.conv(`${path}.conv2`, this.#silu(modulated)), residual.value, style.skipScale);
  }

  #attend(path: string, { heads }: BlockPlan, x: Features): Features {
    if (heads === 0) return x;
    const mixed = this.layers.attention(`${path}.attention`, this.#norm(`${path}.attention.norm`, x), heads);
    return this.layers.sum(mixed, x.value, this.style.skipScale);
  }

  #norm(path: string, x: Features, embedding?: Value): Features {
    return this.layers.norm(path, x, { groups: this.style.groups(x.channels), eps: this.style.eps }, embedding);
  }

  #silu(x: Features): Features {
    return { ...x, value: this.layers.silu(x.value) };
  }

  /** Features and the image of the level above → both at this level. */
  #joinPyramid(path: string, { kind }: PyramidPlan, features: Features, above: Features): [Features, Features] {
    const { layers, resampling } = this;
    if (kind === 'skip') {
      const image = resampling.down(above);
      return [layers.sum(layers.conv(path, image), features.value), image];
    }
    const sum = layers.sum(resampling.convolveDown(path, above), features.value, Math.SQRT1_2);
    return [sum, sum];
  }

  /** The image read off the features, plus the doubled one that was read off at half the resolution. */
  #readOff(path: string, features: Features, coarser: Image): Features {
    const image = this.layers.conv(`${path}.conv`, this.#silu(this.#norm(`${path}.norm`, features)));
    return coarser ? this.layers.sum(image, this.resampling.up(coarser).value) : image;
  }
}

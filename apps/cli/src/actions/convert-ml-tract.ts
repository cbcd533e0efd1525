import type { NamedArray } from '@tract/checkpoint';
import type { Prediction } from '@tract/distill';
import { leaves } from '@tract/tensor';
import { fromMlTract, type MlTractLayout, mlTractNames, type ParamSpec, type UNetConfig, unetSpec } from '@tract/unet';
import { type Facts, levelsOf, outputsOf, type Shapes, type Step, shapeOf } from './convert-facts.js';
import type { UNetFamily } from './convert-unet.js';

/** The networks of apple/ml-tract, as state dicts of PyTorch. */
export const mlTract: UNetFamily = {
  name: 'ml-tract',
  marker: { name: 'down.0.weight', separator: '.' },
  facts: mlTractFacts,
  // That program knows networks of x0, and of x0 and eps; of x0 alone where there is one output.
  prediction: (outputs: number): Prediction => (outputs === 2 ? 'x0+eps' : 'x0'),
  places: (config) => {
    const names = mlTractNames(config);
    return new Map(
      leaves<ParamSpec>(unetSpec(config)).map(([path, { shape }]) => {
        const { name, layout } = names.get(path)!;
        return [path, { names: [name], shape: shapeThere(layout, shape) }];
      }),
    );
  },
  values: (config) => {
    const names = mlTractNames(config);
    return (path, [values], shape) => fromMlTract(names.get(path)!.layout, values, shape).values;
  },
};

/** Our shape as PyTorch has it. */
export function shapeThere(layout: MlTractLayout, shape: readonly number[]): readonly number[] {
  if (layout === 'plain') return shape;
  const [cIn, cOut] = shape.slice(-2);
  return [cOut, cIn, ...shape.slice(0, -2)];
}

function mlTractFacts(file: Shapes): Facts {
  const [channels, inChannels] = shapeOf(file, 'down.0.weight', 4);
  const [embChannels] = shapeOf(file, 'time.0.weight', 2);
  const [outChannels] = shapeOf(file, 'out.2.weight', 4);
  const classes = file.arrays.has('class_emb.weight') ? shapeOf(file, 'class_emb.weight', 2)[1] : 1;
  const steps = stepsDown(file);
  const [modulation] = shapeOf(file, 'down.1.resblocks.time.1.weight', 2);
  const [width] = shapeOf(file, 'down.1.resblocks.conv1.weight', 4);
  return {
    ...{ inChannels, channels, embChannels, classes },
    ...levelsOf(file.path, channels, steps),
    scaleShift: modulation === 2 * width,
    outputs: outputsOf(file.path, outChannels, inChannels),
  };
}

/** What stands at down.1, down.2, …: blocks, and what halves the resolution. */
function stepsDown(file: Shapes): Step[] {
  const steps: Step[] = [];
  for (let i = 1; ; i++) {
    const has = (name: string) => file.arrays.has(`down.${i}.${name}`);
    if (has('resblocks.conv1.weight')) {
      const [width] = shapeOf(file, `down.${i}.resblocks.conv1.weight`, 4);
      steps.push({ kind: 'block', width, attention: has('attention.qkv.weight') });
    } else if (has('conv1.weight') || has('0.weight')) {
      steps.push({ kind: 'halving', inBlock: has('conv1.weight') });
    } else {
      return steps;
    }
  }
}

/** Parameters of ours as that program names and lays them out. */
export function toMlTract(config: UNetConfig, tensors: ReadonlyMap<string, NamedArray>): [name: string, array: NamedArray][] {
  return Array.from(mlTractNames(config), ([path, { name, layout }]) => {
    const { shape, data } = tensors.get(path)!;
    return [name, { dtype: 'F32', shape: shapeThere(layout, shape), data: valuesThere(layout, data as Float32Array, shape) }];
  });
}

/** The way back from `fromMlTract`: [..., cIn, cOut] to [cOut, cIn, ...]. */
export function valuesThere(layout: MlTractLayout, values: Float32Array, shape: readonly number[]): Float32Array {
  if (layout === 'plain') return values;
  const [cIn, cOut] = shape.slice(-2);
  const taps = values.length / (cIn * cOut);
  const moved = new Float32Array(values.length);
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < cIn; i++) {
      for (let o = 0; o < cOut; o++) moved[(o * cIn + i) * taps + tap] = values[(tap * cIn + i) * cOut + o];
    }
  }
  return moved;
}

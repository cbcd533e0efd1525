import type { Prediction } from '@tract/distill';
import { flaxNames, fromFlax } from '@tract/unet';
import { type Facts, levelsOf, outputsOf, type Shapes, type Step, shapeOf } from './convert-facts.js';
import type { UNetFamily } from './convert-unet.js';

/** The networks of progressive distillation, as checkpoints of flax. */
export const flax: UNetFamily = {
  name: 'flax',
  marker: { name: 'conv_in/kernel', separator: '/' },
  facts: flaxFacts,
  // With one output it may be x0, eps or v: the weights do not tell.
  prediction: (outputs: number): Prediction | undefined => (outputs === 2 ? 'x0+eps' : undefined),
  places: flaxNames,
  values: (config) => {
    const names = flaxNames(config);
    return (path, arrays) => fromFlax(names.get(path)!, arrays);
  },
};

function flaxFacts(file: Shapes): Facts {
  const [, , inChannels, channels] = shapeOf(file, 'conv_in/kernel', 4);
  const [, embChannels] = shapeOf(file, 'dense0/kernel', 2);
  const [, , , outChannels] = shapeOf(file, 'conv_out/kernel', 4);
  const classes = file.arrays.has('class_emb/kernel') ? shapeOf(file, 'class_emb/kernel', 2)[0] : 1;
  return {
    ...{ inChannels, channels, embChannels, classes },
    ...levelsOf(file.path, channels, stepsDown(file)),
    scaleShift: true,
    outputs: outputsOf(file.path, outChannels, inChannels),
    ...headsOf(file),
  };
}

function stepsDown(file: Shapes): Step[] {
  const steps: Step[] = [];
  for (let level = 0; ; level++) {
    for (let block = 0; file.arrays.has(`down_${level}.block_${block}/conv1/kernel`); block++) {
      const [, , , width] = shapeOf(file, `down_${level}.block_${block}/conv1/kernel`, 4);
      steps.push({ kind: 'block', width, attention: file.arrays.has(`down_${level}.attn_${block}/q/kernel`) });
    }
    const module = `down_${level}.downsample`;
    const inBlock = file.arrays.has(`${module}/conv1/kernel`);
    if (!inBlock && !file.arrays.has(`${module}/kernel`)) return steps;
    steps.push({ kind: 'halving', inBlock });
  }
}

/** Query kernels are [channels, heads, channels of a head]: one of the two is the same at every level. */
function headsOf({ arrays }: Shapes): Pick<Facts, 'heads' | 'headDim'> {
  const kernels = [...arrays].filter(([name, { shape }]) => name.endsWith('/q/kernel') && shape.length === 3);
  const counts = new Set(kernels.map(([, { shape }]) => shape[1]));
  const widths = new Set(kernels.map(([, { shape }]) => shape[2]));
  if (counts.size === 1) return { heads: [...counts][0] };
  return widths.size === 1 ? { headDim: [...widths][0] } : {};
}

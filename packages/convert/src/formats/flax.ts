import { flaxPlaces } from '../names/flax-places.js';
import { type Facts, levelsOf, type NamedTensors, outputsOf, type Step, shapeOf } from '../shape-facts.js';
import { paperHints, recognisePaperUNet } from './paper-unet.js';
import type { SourceFormat } from './source-format.js';

/** Flax checkpoints of progressive distillation. With one output a network may predict x0, eps or v: the weights do not tell. */
export const flax: SourceFormat = {
  name: 'flax',
  marker: { name: 'conv_in/kernel', separator: '/' },
  hints: paperHints,
  files: { pt: true },
  recognise: (checkpoint, hints) =>
    recognisePaperUNet(
      { facts: flaxFacts, prediction: (outputs) => (outputs === 2 ? 'x0+eps' : undefined), places: flaxPlaces },
      checkpoint,
      hints,
    ),
};

/** Return the sizes that the shapes of a checkpoint tell. @throws ConvertError */
function flaxFacts(file: NamedTensors): Facts {
  const [, , inChannels, channels] = shapeOf(file, 'conv_in/kernel', 4);
  const [, embChannels] = shapeOf(file, 'dense0/kernel', 2);
  const [, , , outChannels] = shapeOf(file, 'conv_out/kernel', 4);
  const classes = file.tensors.has('class_emb/kernel') ? shapeOf(file, 'class_emb/kernel', 2)[0] : 1;
  return {
    ...{ inChannels, channels, embChannels, classes },
    ...levelsOf(file.name, channels, stepsDown(file)),
    scaleShift: true,
    outputs: outputsOf(file.name, outChannels, inChannels),
    ...headsOf(file),
  };
}

function stepsDown(file: NamedTensors): Step[] {
  const steps: Step[] = [];
  for (let level = 0; ; level++) {
    for (let block = 0; file.tensors.has(`down_${level}.block_${block}/conv1/kernel`); block++) {
      const [, , , width] = shapeOf(file, `down_${level}.block_${block}/conv1/kernel`, 4);
      steps.push({ kind: 'block', width, attention: file.tensors.has(`down_${level}.attn_${block}/q/kernel`) });
    }
    const module = `down_${level}.downsample`;
    const inBlock = file.tensors.has(`${module}/conv1/kernel`);
    if (!inBlock && !file.tensors.has(`${module}/kernel`)) return steps;
    steps.push({ kind: 'halving', inBlock });
  }
}

/** Return the heads by the query kernels [channels, heads, channels of a head], one of which is the same at every level. */
function headsOf({ tensors }: NamedTensors): Pick<Facts, 'heads' | 'headDim'> {
  const kernels = [...tensors].filter(([name, { shape }]) => name.endsWith('/q/kernel') && shape.length === 3);
  const counts = new Set(kernels.map(([, { shape }]) => shape[1]));
  const widths = new Set(kernels.map(([, { shape }]) => shape[2]));
  if (counts.size === 1) return { heads: [...counts][0] };
  return widths.size === 1 ? { headDim: [...widths][0] } : {};
}

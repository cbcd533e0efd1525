import { mlTractPlaces } from '../names/ml-tract-places.js';
import { type Facts, levelsOf, type NamedTensors, outputsOf, type Step, shapeOf } from '../shape-facts.js';
import { paperHints, recognisePaperUNet } from './paper-unet.js';
import type { SourceFormat } from './source-format.js';

/** State dicts of apple/ml-tract. It has networks of x0, and of x0 and eps. */
export const mlTract: SourceFormat = {
  name: 'ml-tract',
  marker: { name: 'down.0.weight', separator: '.' },
  hints: paperHints,
  files: { pt: true },
  recognise: (checkpoint, hints) =>
    recognisePaperUNet(
      { facts: mlTractFacts, prediction: (outputs) => (outputs === 2 ? 'x0+eps' : 'x0'), places: mlTractPlaces },
      checkpoint,
      hints,
    ),
};

/** Return the sizes that the shapes of a state dict tell. @throws ConvertError */
function mlTractFacts(file: NamedTensors): Facts {
  const [channels, inChannels] = shapeOf(file, 'down.0.weight', 4);
  const [embChannels] = shapeOf(file, 'time.0.weight', 2);
  const [outChannels] = shapeOf(file, 'out.2.weight', 4);
  const classes = file.tensors.has('class_emb.weight') ? shapeOf(file, 'class_emb.weight', 2)[1] : 1;
  const [modulation] = shapeOf(file, 'down.1.resblocks.time.1.weight', 2);
  const [width] = shapeOf(file, 'down.1.resblocks.conv1.weight', 4);
  return {
    ...{ inChannels, channels, embChannels, classes },
    ...levelsOf(file.name, channels, stepsDown(file)),
    scaleShift: modulation === 2 * width,
    outputs: outputsOf(file.name, outChannels, inChannels),
  };
}

/** Return the steps at down.1, down.2, …. */
function stepsDown(file: NamedTensors): Step[] {
  const steps: Step[] = [];
  for (let i = 1; ; i++) {
    const has = (name: string) => file.tensors.has(`down.${i}.${name}`);
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

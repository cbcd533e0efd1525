import type { Prediction } from '@tract/model';
import type { UNetConfig } from '@tract/unet';
import { completeConfig } from '../complete-config.js';
import { naming } from '../convert-error.js';
import type { ForeignCheckpoint } from '../foreign-checkpoint.js';
import { type Hints, networkHints } from '../hints.js';
import type { Places } from '../names/place.js';
import type { Facts, NamedTensors } from '../shape-facts.js';
import type { RecognisedNetwork } from './source-format.js';

/** Hints of networks of the paper's kind. */
export const paperHints = [...networkHints, 'prediction', 'samplingSteps', 'data'] as const;

/** A program that keeps the paper's U-Net under names of its own. */
export type PaperFormat = {
  readonly facts: (tensors: NamedTensors) => Facts;
  /** The only prediction that the program has for a network of so many outputs, if so. */
  readonly prediction: (outputs: number) => Prediction | undefined;
  /** @throws RangeError for a configuration that the program does not have. */
  readonly places: (config: UNetConfig) => Places;
};

/** Recognise a network of the paper's kind by the shapes of its weights and by hints. @throws ConvertError */
export function recognisePaperUNet(
  { facts, prediction, places }: PaperFormat,
  checkpoint: ForeignCheckpoint,
  hints: Hints,
): RecognisedNetwork {
  const found = facts(checkpoint);
  const model = completeConfig(checkpoint.name, found, prediction(found.outputs), hints);
  const where = `${checkpoint.name}: no network can be built from ${JSON.stringify(model.network)}`;
  return { network: model.network, places: naming(where, () => places(model.network)), model: () => model };
}

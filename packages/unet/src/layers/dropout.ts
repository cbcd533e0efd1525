import { dropout, type Tensor } from '@tract/tensor';

/** Key of the dropout masks of a training step; image i of a call is number `first` + i of its batch. */
export type Training = { readonly seed: number; readonly step: number; readonly first: number };

/** Drops features of a layer that is known by its number. */
export type Dropout = (features: Tensor, layer: number) => Tensor;

// Noise streams of a run have small numbers; dropout has one of its own for each layer.
const dropoutStream = 0x64726f70;

/** Dropout of a network whose configuration has this rate; none unless it is trained. */
export function dropoutOf(rate: number | undefined, training: Training | undefined): Dropout | undefined {
  if (rate === undefined || training === undefined) return undefined;
  const { seed, step, first } = training;
  return (features, layer) =>
    dropout(features, { rate, seed, step, stream: dropoutStream + layer, samples: { first, count: features.shape[0] } });
}

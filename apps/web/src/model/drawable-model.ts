import { loadModel, type StoredModel, uploadParams } from '@tract/model';
import type { NetworkParams } from '@tract/unet';

/** A model that this page draws from, with its parameters on the device. */
export type DrawableModel = {
  readonly name: string;
  readonly stored: StoredModel;
  readonly params: NetworkParams;
  /** Sampling steps that it is made for. */
  readonly steps: number;
};

/**
 * Load a model of any kind from the bytes of its files; without `config` the copy inside the weights is used.
 *
 * @throws ModelError or CheckpointError that says what is wrong with them.
 */
export function drawableModel(name: string, weights: Uint8Array, config?: Uint8Array): DrawableModel {
  const stored = loadModel({ name: `${name}: weights`, bytes: weights }, config && { name: `${name}: config.json`, bytes: config });
  return { name, stored, params: uploadParams(stored), steps: stored.samplingSteps[0] ?? 1 };
}

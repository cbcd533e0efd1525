import type { JsonValue } from '@tract/checkpoint';

type Json = { readonly [name: string]: JsonValue };

/** Bring the JSON of a model that an older version wrote up to date: the U-Net of the paper had no `kind`. */
export const upgradeModel = (model: Json): Json =>
  isRecord(model.network) && model.network.kind === undefined ? { ...model, network: { kind: 'unet', ...model.network } } : model;

const isRecord = (value: JsonValue | undefined): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

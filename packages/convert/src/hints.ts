import { type Prediction, predictions } from '@tract/model';
import type { PreconditioningSettings } from '@tract/schedules/training';
import type { UNetConfig } from '@tract/unet';
import { badCheckpoint } from './convert-error.js';

/** Facts of a network that its weights do not tell. */
export type Hints = Partial<Omit<UNetConfig, 'kind'>> & {
  readonly prediction?: Prediction;
  readonly samplingSteps?: readonly number[];
  readonly data?: string;
  /** Order of queries, keys and values in a network of OpenAI. */
  readonly attentionOrder?: 'legacy' | 'new';
  /** Preconditioning around a network of OpenAI or diffusers. */
  readonly preconditioning?: PreconditioningSettings;
};
export type HintName = keyof Hints;

/** The fields of a network's configuration that hints may have. */
export const networkHints = [
  ...(['imageSize', 'inChannels', 'channels', 'embChannels', 'channelMult', 'blocks', 'attentionResolutions'] as const),
  ...(['heads', 'headDim', 'scaleShift', 'resampleInBlocks', 'outputs', 'classes', 'groups'] as const),
] satisfies readonly HintName[];
const modelHints = ['prediction', 'samplingSteps', 'data', 'attentionOrder', 'preconditioning'] as const satisfies readonly HintName[];

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): boolean => typeof value === 'number';
const oneOf = (values: readonly string[]) => ({
  kind: `one of ${values.join(', ')}`,
  test: (value: unknown) => values.includes(value as string),
});

type Check = { readonly kind: string; readonly test: (value: unknown) => boolean };
const number: Check = { kind: 'a number', test: isNumber };
const list: Check = { kind: 'a list of numbers', test: (value) => Array.isArray(value) && value.every(isNumber) };
const flag: Check = { kind: 'a boolean', test: (value) => typeof value === 'boolean' };

/** Checks of the fields that are no numbers. */
const checks: Readonly<Partial<Record<HintName, Check>>> = {
  ...{ channelMult: list, attentionResolutions: list, samplingSteps: list, scaleShift: flag, resampleInBlocks: flag },
  prediction: oneOf(predictions),
  data: { kind: 'a string', test: (value) => typeof value === 'string' },
  attentionOrder: oneOf(['legacy', 'new']),
  preconditioning: {
    kind: 'an object with a \'kind\', such as {"kind":"ddpm","betas":"linear"}',
    test: (value) => isRecord(value) && typeof value.kind === 'string',
  },
};

/**
 * Check hints that were read as JSON: fields of a network's configuration, or the config.json of a model.
 * @param source their name in messages.
 * @throws ConvertError for an unknown field or one of another type.
 */
export function parseHints(value: unknown, source = 'hints'): Hints {
  if (!isRecord(value)) throw badCheckpoint(`${source} must be a JSON object, such as {"imageSize":32,"heads":1}`);
  const { kind: _, ...fields } = isRecord(value.network) ? { ...value.network, ...pick(value, modelHints) } : value;
  const known: readonly string[] = [...networkHints, ...modelHints];
  const unknown = Object.keys(fields).find((key) => !known.includes(key));
  if (unknown !== undefined) throw badCheckpoint(`${source}: no network has '${unknown}'; known: ${known.join(', ')}`);
  for (const [key, given] of Object.entries(fields)) {
    const { kind, test } = checks[key as HintName] ?? number;
    if (!test(given)) throw badCheckpoint(`${source}: '${key}' must be ${kind}, got ${JSON.stringify(given)}`);
  }
  return fields as Hints;
}

const pick = (value: Record<string, unknown>, keys: readonly string[]) =>
  Object.fromEntries(keys.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));

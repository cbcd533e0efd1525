import { readFileSync } from 'node:fs';
import type { Prediction } from '@tract/distill';
import type { PreconditioningSettings } from '@tract/schedules';
import { paperConfigs, type UNetConfig } from '@tract/unet';
import { dataError } from '../errors.js';
import { didYouMean } from '../near-miss.js';
import type { Facts } from './convert-facts.js';

/** What --config may say. */
export type Hints = Partial<UNetConfig> & {
  readonly prediction?: Prediction;
  readonly samplingSteps?: readonly number[];
  readonly data?: string;
  /** Of a network of OpenAI. */
  readonly attentionOrder?: 'legacy' | 'new';
  /** What stands around a network of OpenAI or diffusers. */
  readonly preconditioning?: PreconditioningSettings;
};

const networkKeys: readonly (keyof UNetConfig)[] = [
  ...(['imageSize', 'inChannels', 'channels', 'embChannels', 'channelMult', 'blocks', 'attentionResolutions'] as const),
  ...(['heads', 'headDim', 'scaleShift', 'resampleInBlocks', 'outputs', 'classes', 'groups'] as const),
];
const modelKeys = ['prediction', 'samplingSteps', 'data', 'attentionOrder', 'preconditioning'] as const;
/** What a field must be, where it is no number. */
const kinds: Readonly<Record<string, 'list' | 'boolean' | 'string' | 'object'>> = {
  ...{ channelMult: 'list', attentionResolutions: 'list', samplingSteps: 'list' },
  ...{
    scaleShift: 'boolean',
    resampleInBlocks: 'boolean',
    prediction: 'string',
    data: 'string',
    attentionOrder: 'string',
    preconditioning: 'object',
  },
};
const predictions: readonly Prediction[] = ['x0', 'eps', 'v', 'x0+eps'];

/** Reads --config: fields of a network's configuration, or the config.json of a model. @throws CliError (bad data) */
export function readHints(path: string): Hints {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw dataError(`--config ${path} is no JSON: ${error.message}`, error);
    throw error;
  }
  if (!isRecord(value)) throw dataError(`--config ${path} must be a JSON object, such as {"imageSize":32,"heads":1}`);
  const fields = isRecord(value.network) ? { ...value.network, ...pick(value, modelKeys) } : value;
  const known: readonly string[] = [...networkKeys, ...modelKeys];
  const strange = Object.keys(fields).find((key) => !known.includes(key));
  if (strange !== undefined) throw dataError(`--config ${path}: no network has '${strange}'${didYouMean(strange, known)}`);
  for (const [key, given] of Object.entries(fields)) {
    const kind = kinds[key] ?? 'number';
    const fits = kind === 'list' ? Array.isArray(given) && given.every((item) => typeof item === 'number') : typeof given === kind;
    if (!fits)
      throw dataError(
        `--config ${path}: '${key}' must be ${kind === 'list' ? 'a list of numbers' : kind === 'object' ? 'an object' : `a ${kind}`}, got ${JSON.stringify(given)}`,
      );
  }
  if ('prediction' in fields && !predictions.includes(fields.prediction as Prediction))
    throw dataError(`--config ${path}: 'prediction' must be one of ${predictions.join(', ')}, got ${JSON.stringify(fields.prediction)}`);
  if ('preconditioning' in fields && typeof (fields.preconditioning as { kind?: unknown } | null)?.kind !== 'string')
    throw dataError(`--config ${path}: 'preconditioning' must have a 'kind', such as {"kind":"ddpm","betas":"linear"}`);
  if ('attentionOrder' in fields && fields.attentionOrder !== 'legacy' && fields.attentionOrder !== 'new')
    throw dataError(`--config ${path}: 'attentionOrder' must be one of legacy, new, got ${JSON.stringify(fields.attentionOrder)}`);
  return fields as Hints;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const pick = (value: Record<string, unknown>, keys: readonly string[]) =>
  Object.fromEntries(keys.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]]));

/** A network and the meaning of its output, as far as a model folder needs to know. */
export type KnownModel = {
  readonly network: UNetConfig;
  readonly prediction: Prediction;
  readonly samplingSteps: readonly number[];
  readonly data: string;
};

/**
 * The configuration from what the weights say and what the user adds. A network that is like one of the paper's in everything that its
 * weights say is taken for it; else what they do not say is asked for.
 * @throws CliError (bad data) that names what is missing or contradicts the weights.
 */
export function completeConfig(path: string, facts: Facts, prediction: Prediction | undefined, hints: Hints): KnownModel {
  const published = Object.entries(paperConfigs).find(
    ([, config]) => isLike(facts, config) && (hints.imageSize ?? config.imageSize) === config.imageSize,
  );
  const [data, paper] = published ?? [undefined, {} as Partial<UNetConfig>];
  const { attention, ...sizes } = facts;
  const heads = headsOf(facts, hints, paper);
  const imageSize = hints.imageSize ?? paper.imageSize;
  const meaning = hints.prediction ?? prediction ?? (published ? 'x0' : undefined);
  if (imageSize === undefined || heads === undefined || meaning === undefined) {
    const example = {
      ...(imageSize === undefined && { imageSize: 32 }),
      ...(heads === undefined && { heads: 1 }),
      ...(meaning === undefined && { prediction: 'x0' }),
    };
    const names = Object.keys(example).map((name) => (name === 'heads' ? 'heads (or headDim)' : name));
    throw dataError(`${path}: its weights do not tell ${names.join(' and ')}; add --config FILE.json, such as ${JSON.stringify(example)}`);
  }
  const attentionResolutions = attention.flatMap((has, level) => (has ? [imageSize / 2 ** level] : [])).reverse();
  const { heads: _, headDim: __, ...known } = sizes;
  const groups = hints.groups === undefined ? {} : { groups: hints.groups };
  const network: UNetConfig = { kind: 'unet', imageSize, ...known, attentionResolutions, ...heads, ...groups };
  requireAgreement(path, network, hints);
  return { network, prediction: meaning, samplingSteps: hints.samplingSteps ?? [], data: hints.data ?? data ?? 'unknown' };
}

/** Heads as they are told: by the user, by the weights, or by the published network. */
function headsOf(facts: Facts, hints: Hints, paper: Partial<UNetConfig>): Pick<UNetConfig, 'heads' | 'headDim'> | undefined {
  for (const { heads, headDim } of [hints, facts, paper]) {
    if (headDim !== undefined) return { headDim };
    if (heads !== undefined) return { heads };
  }
  return undefined;
}

function isLike(facts: Facts, config: UNetConfig): boolean {
  const { attention, heads, headDim, ...sizes } = facts;
  const levels = config.channelMult.map((_, level) => config.attentionResolutions.includes(config.imageSize / 2 ** level));
  const sameHeads = (heads === undefined || heads === config.heads) && (headDim === undefined || headDim === config.headDim);
  const same = Object.entries(sizes).every(([key, value]) => `${value}` === `${config[key as keyof UNetConfig]}`);
  return same && sameHeads && `${attention}` === `${levels}`;
}

function requireAgreement(path: string, network: UNetConfig, hints: Hints): void {
  for (const key of networkKeys) {
    const said = hints[key];
    const found = key === 'attentionResolutions' ? network.attentionResolutions : network[key];
    if (said === undefined || (key === 'attentionResolutions' && sameSides(network, hints.attentionResolutions!))) continue;
    if (`${said}` !== `${found}`)
      throw dataError(`--config says ${key} ${JSON.stringify(said)}, the weights of ${path} say ${JSON.stringify(found)}`);
  }
}

/** A list of sides may name some that no level has. */
function sameSides({ imageSize, channelMult, attentionResolutions }: UNetConfig, said: readonly number[]): boolean {
  const sides = channelMult.map((_, level) => imageSize / 2 ** level);
  return sides.every((side) => said.includes(side) === attentionResolutions.includes(side));
}

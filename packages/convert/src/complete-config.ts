import type { Prediction } from '@tract/model';
import { paperConfigs, type UNetConfig } from '@tract/unet';
import { badCheckpoint } from './convert-error.js';
import { type Hints, networkHints } from './hints.js';
import type { Facts } from './shape-facts.js';

/** A network of the paper's kind and the meaning of its output. */
export type KnownUNet = {
  readonly network: UNetConfig;
  readonly prediction: Prediction;
  readonly samplingSteps: readonly number[];
  readonly data: string;
};

/**
 * Complete a configuration from the facts that weights tell and from hints. A network that equals one of the paper's in all that its weights
 * tell is taken for it.
 * @param prediction the only one that the format has for such a network, if so.
 * @throws ConvertError that names what is missing or contradicts the weights.
 */
export function completeConfig(name: string, facts: Facts, prediction: Prediction | undefined, hints: Hints): KnownUNet {
  const published = Object.entries(paperConfigs).find(
    ([, config]) => isLike(facts, config) && (hints.imageSize ?? config.imageSize) === config.imageSize,
  );
  const [data, paper] = published ?? [undefined, {} as Partial<UNetConfig>];
  const { attention, ...sizes } = facts;
  const heads = headsOf([hints, facts, paper]);
  const imageSize = hints.imageSize ?? paper.imageSize;
  const meaning = hints.prediction ?? prediction ?? (published ? 'x0' : undefined);
  if (imageSize === undefined || heads === undefined || meaning === undefined) {
    const example = {
      ...(imageSize === undefined && { imageSize: 32 }),
      ...(heads === undefined && { heads: 1 }),
      ...(meaning === undefined && { prediction: 'x0' }),
    };
    const names = Object.keys(example).map((key) => (key === 'heads' ? 'heads (or headDim)' : key));
    throw badCheckpoint(`${name}: its weights do not tell ${names.join(' and ')}`, { option: 'hints', example });
  }
  const attentionResolutions = attention.flatMap((has, level) => (has ? [imageSize / 2 ** level] : [])).reverse();
  const { heads: _, headDim: __, ...known } = sizes;
  const groups = hints.groups === undefined ? {} : { groups: hints.groups };
  const network: UNetConfig = { kind: 'unet', imageSize, ...known, attentionResolutions, ...heads, ...groups };
  requireAgreement(name, network, hints);
  return { network, prediction: meaning, samplingSteps: hints.samplingSteps ?? [], data: hints.data ?? data ?? 'unknown' };
}

/** Return the heads by the first of these that tells. */
function headsOf(tellers: readonly Partial<Pick<UNetConfig, 'heads' | 'headDim'>>[]): Pick<UNetConfig, 'heads' | 'headDim'> | undefined {
  for (const { heads, headDim } of tellers) {
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

function requireAgreement(name: string, network: UNetConfig, hints: Hints): void {
  for (const key of networkHints) {
    const [hinted, found] = [hints[key], network[key]];
    if (hinted === undefined || (key === 'attentionResolutions' && sameSides(network, hints.attentionResolutions!))) continue;
    if (`${hinted}` !== `${found}`)
      throw badCheckpoint(`the hints say ${key} ${JSON.stringify(hinted)}, the weights of ${name} say ${JSON.stringify(found)}`);
  }
}

/** Return true if both lists have the same sides of levels; they may name others that no level has. */
function sameSides({ imageSize, channelMult, attentionResolutions }: UNetConfig, hinted: readonly number[]): boolean {
  const sides = channelMult.map((_, level) => imageSize / 2 ** level);
  return sides.every((side) => hinted.includes(side) === attentionResolutions.includes(side));
}

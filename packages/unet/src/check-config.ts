/** @throws TypeError or RangeError unless `value` is a positive integer. */
export function requireCount(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${where}: ${name} must be a positive integer, got ${shown(value)}`);
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${where}: ${name} must be a positive integer, got ${shown(value)}`);
}

function requireCounts(where: string, name: string, values: unknown): void {
  if (!Array.isArray(values)) throw new TypeError(`${where}: ${name} must be a list of positive integers, got ${shown(values)}`);
  for (const value of values) requireCount(where, `each of ${name}`, value);
}

export function requireFlag(where: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${where}: ${name} must be true or false, got ${shown(value)}`);
}

/** @throws RangeError unless `value` is one of `known`. */
export function requireOneOf(where: string, name: string, value: unknown, known: readonly string[]): void {
  if (!known.some((one) => one === value))
    throw new RangeError(`${where}: ${name} must be one of ${known.join(', ')}, got ${shown(value)}`);
}

export type Levels = {
  readonly imageSize: number;
  readonly channelMult: readonly number[];
  readonly attentionResolutions: readonly number[];
};

/** The levels exist, and the image can be halved from each to the next; its size must have been checked. */
export function requireLevels(where: string, { imageSize, channelMult, attentionResolutions }: Levels): void {
  requireCounts(where, 'channelMult', channelMult);
  requireCounts(where, 'attentionResolutions', attentionResolutions);
  if (channelMult.length === 0) throw new RangeError(`${where}: channelMult must name at least one level, got []`);
  const halvings = channelMult.length - 1;
  if (imageSize % 2 ** halvings !== 0) {
    throw new RangeError(
      `${where}: imageSize must be divisible by ${2 ** halvings} (${halvings} halvings, one per level after the first), got ${imageSize}`,
    );
  }
}

/** Show a value of any type, cut where it is long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' || value === undefined ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

import {
  type ConsistencySettings,
  consistencyPreconditioning,
  type DdpmSettings,
  ddpmPreconditioning,
  edmPreconditioning,
  iddpmPreconditioning,
  type Preconditioning,
  vePreconditioning,
  vpPreconditioning,
} from '@tract/schedules';

/** What stands around a network, by the names that config.json uses. */
export type PreconditioningSettings =
  | { readonly kind: 'edm'; readonly sigmaData?: number }
  | { readonly kind: 'vp'; readonly betaRange?: number; readonly betaMin?: number; readonly trainingSteps?: number }
  | { readonly kind: 've' }
  | { readonly kind: 'iddpm'; readonly trainingSteps?: number }
  | ({ readonly kind: 'ddpm' } & DdpmSettings)
  | ({ readonly kind: 'consistency' } & ConsistencySettings);

/** Each takes the settings of its kind, whose values have been checked as far as their type goes. */
const makers: Readonly<Record<string, (settings: Readonly<Record<string, never>>) => Preconditioning>> = {
  edm: ({ sigmaData }) => edmPreconditioning(sigmaData),
  vp: vpPreconditioning,
  ve: vePreconditioning,
  iddpm: iddpmPreconditioning,
  ddpm: ddpmPreconditioning,
  consistency: consistencyPreconditioning,
};

/** Its settings that are no numbers; it checks them itself. */
const wordsOfDdpm: readonly string[] = ['betas', 'predicts'] satisfies (keyof DdpmSettings)[];

/** @throws RangeError or TypeError for settings that say nothing known; also for those that were read from a file. */
export function preconditioningOf({ kind, ...settings }: PreconditioningSettings): Preconditioning {
  if (!Object.hasOwn(makers, kind))
    throw new RangeError(`preconditioning.kind must be one of ${Object.keys(makers).join(', ')}, got ${JSON.stringify(kind)}`);
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'number' && !(kind === 'ddpm' && wordsOfDdpm.includes(name)))
      throw new TypeError(`preconditioning.${name} must be a number, got ${JSON.stringify(value)}`);
  }
  return makers[kind](settings as Readonly<Record<string, never>>);
}

/** Standard deviation of the data that a model was made for; 0.5 where it does not say. */
export const sigmaDataOf = (settings: PreconditioningSettings | undefined): number =>
  (settings?.kind === 'edm' ? settings.sigmaData : undefined) ?? 0.5;

import { type ConsistencySettings, consistencyPreconditioning } from './consistency-preconditioning.js';
import { type DdpmSettings, ddpmPreconditioning } from './ddpm-preconditioning.js';
import { edmPreconditioning, iddpmPreconditioning, type Preconditioning, vePreconditioning, vpPreconditioning } from './preconditioning.js';

/** A preconditioning as JSON: its kind and that kind's settings. */
export type PreconditioningSettings =
  | { readonly kind: 'edm'; readonly sigmaData?: number }
  | { readonly kind: 'vp'; readonly betaRange?: number; readonly betaMin?: number; readonly trainingSteps?: number }
  | { readonly kind: 've' }
  | { readonly kind: 'iddpm'; readonly trainingSteps?: number }
  | ({ readonly kind: 'ddpm' } & DdpmSettings)
  | ({ readonly kind: 'consistency' } & ConsistencySettings);

type Kind = PreconditioningSettings['kind'];
type SettingsOf<K extends Kind> = Omit<Extract<PreconditioningSettings, { readonly kind: K }>, 'kind'>;
type Entry<S> = {
  readonly make: (settings: S) => Preconditioning;
  /** Settings that are not numbers; `make` checks them. */
  readonly words?: readonly (keyof S)[];
};

/** Every kind of preconditioning by the name that JSON uses. */
export const preconditionings: { readonly [K in Kind]: Entry<SettingsOf<K>> } = {
  edm: { make: ({ sigmaData }) => edmPreconditioning(sigmaData) },
  vp: { make: vpPreconditioning },
  ve: { make: vePreconditioning },
  iddpm: { make: iddpmPreconditioning },
  ddpm: { make: ddpmPreconditioning, words: ['betas', 'predicts'] },
  consistency: { make: consistencyPreconditioning },
};

/**
 * Make the preconditioning that settings describe, also settings that were read from a file.
 *
 * @throws RangeError when the kind is not known or a number is out of range, TypeError for a setting of the wrong type.
 */
export function preconditioningOf({ kind, ...settings }: PreconditioningSettings): Preconditioning {
  if (!Object.hasOwn(preconditionings, kind))
    throw new RangeError(`preconditioning.kind must be one of ${Object.keys(preconditionings).join(', ')}, got ${JSON.stringify(kind)}`);
  const { make, words = [] } = preconditionings[kind] as Entry<object> & { readonly words?: readonly string[] };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'number' && !(words as readonly string[]).includes(name))
      throw new TypeError(`preconditioning.${name} must be a number, got ${JSON.stringify(value)}`);
  }
  return make(settings);
}

/** Standard deviation of the data that a preconditioning is made for. Default: 0.5. */
export const sigmaDataOf = (settings: PreconditioningSettings | undefined): number =>
  (settings?.kind === 'edm' ? settings.sigmaData : undefined) ?? 0.5;

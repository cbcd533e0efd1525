import type { JsonValue } from '@tract/checkpoint';
import { upgradeModel } from '@tract/model';
import type { RunConfig } from '../run-config.js';

type Json = { readonly [name: string]: JsonValue };

/** Bring the settings in the config.json of a run, or in the recipe of a model, that an older version wrote up to date. */
export function upgradeSettings(settings: Json): Json {
  const { noisyShare, restart, ...rest } = upgradeModel(settings);
  return {
    ...rest,
    ...(noisyShare !== undefined && { highNoiseFraction: noisyShare }),
    ...(restart !== undefined && { reinitStudent: restart === 'teacher' }),
  };
}

/** Bring the configuration that a run folder or a checkpoint of an older version keeps up to date. */
export const upgradeRun = (config: RunConfig): RunConfig => ({
  ...config,
  settings: upgradeSettings(config.settings as Json),
});

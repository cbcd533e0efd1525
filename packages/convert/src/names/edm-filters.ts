import { type EdmUNetConfig, planEdm } from '@tract/unet';
import { edmModules } from './edm-modules.js';

/** A filter that a state dict of EDM stores beside the parameters, [1, 1, n, n]. */
export type EdmFilter = { readonly shape: readonly number[]; readonly values: Float32Array };

/** Return the filters stored in a state dict of EDM, by name: outer product of the taps, over the square of their sum. */
export function edmFilters(config: EdmUNetConfig): Map<string, EdmFilter> {
  const taps = config.kind === 'song' ? config.filter : [1, 1];
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const filter: EdmFilter = {
    shape: [1, 1, taps.length, taps.length],
    values: Float32Array.from(taps.flatMap((row) => taps.map((column) => (row * column) / sum ** 2))),
  };
  const plan = planEdm(config);
  const modules = edmModules(config, plan);
  const resampling = [...plan.down, ...plan.up].flatMap((stage, i) => (stage.resample ? [[...modules.down, ...modules.up][i]] : []));
  const owners = resampling.flatMap((module) => [`${module}.conv0`, `${module}.skip`]);
  const skips =
    plan.pyramid[0]?.kind === 'skip' ? modules.pyramid.map((module) => module.replace('aux_skip', 'aux_down')) : modules.pyramid;
  const ups = modules.readouts.length > 0 ? [...modules.readouts.slice(1), modules.out].map((module) => `${module}_up`) : [];
  return new Map([...owners, ...skips, ...ups].map((module) => [`model.${module}.resample_filter`, filter]));
}

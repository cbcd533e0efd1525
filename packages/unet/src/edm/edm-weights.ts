import { leaves } from '@tract/tensor';
import type { ParamSpec } from '../param-spec.js';
import type { EdmUNetConfig } from './edm-config.js';
import { planEdm } from './edm-layout.js';
import { edmModules, edmNames, fromEdm } from './edm-names.js';
import { edmUNetSpec } from './edm-unet.js';

/** One array of a state dict, row-major. */
export type StateArray = { readonly shape: readonly number[]; readonly values: Float32Array };
/** One parameter in our layout: its leaf path, and the name it came under. */
export type EdmWeights = StateArray & { readonly path: string; readonly name: string };

const prefix = 'model.';

/**
 * The parameters of a network in a state dict of the published code, in our layout and leaf order. Names that do not begin with 'model.' belong to its
 * preconditioning and are passed over. The filters that it stores beside the parameters must be those of the configuration.
 * @throws RangeError when a parameter is missing or of another shape, or an array is not the network's; RangeError or TypeError for the configuration.
 */
export function edmWeights(config: EdmUNetConfig, state: ReadonlyMap<string, StateArray>): EdmWeights[] {
  const specs = leaves<ParamSpec>(edmUNetSpec(config));
  const names = edmNames(config);
  checkFilters(config, state, new Set([...names.values()].map(({ name }) => name)));
  return specs.map(([path, spec]) => {
    const entry = names.get(path)!;
    const found = state.get(entry.name);
    if (!found) throw new RangeError(`edmWeights: '${entry.name}' is missing from the state dict`);
    if (found.shape.length !== spec.shape.length) throw shapeError(entry.name, found, spec);
    const ours = fromEdm(entry, found.values, found.shape);
    if (ours.shape.join() !== spec.shape.join()) throw shapeError(entry.name, found, spec);
    return { path, name: entry.name, ...ours };
  });
}

const shapeError = (name: string, { shape }: StateArray, spec: ParamSpec): RangeError =>
  new RangeError(
    `edmWeights: '${name}' has shape [${shape}], which is not [${spec.shape}] in our layout; is the configuration this network's?`,
  );

/** What is left beside the parameters must be filters, with the values that the configuration says. */
function checkFilters(config: EdmUNetConfig, state: ReadonlyMap<string, StateArray>, parameters: ReadonlySet<string>): void {
  const expected = edmFilters(config);
  for (const [name, { shape, values }] of state) {
    if (!name.startsWith(prefix) || parameters.has(name)) continue;
    const filter = expected.get(name);
    if (!filter) throw new RangeError(`edmWeights: '${name}' belongs to no parameter of this configuration's network`);
    // Written by others in float32 from whole numbers: right to the last bit or so.
    const same = shape.join() === filter.shape.join() && values.every((value, i) => Math.abs(value - filter.values[i]) <= 1e-6);
    if (!same) throw new RangeError(`edmWeights: '${name}' is not the filter of the configuration, the square of [${tapsOf(config)}]`);
  }
}

const tapsOf = (config: EdmUNetConfig): readonly number[] => (config.kind === 'song' ? config.filter : [1, 1]);

/** The filters that a state dict stores beside the parameters, by name: taps times taps over the square of their sum, [1, 1, n, n]. */
export function edmFilters(config: EdmUNetConfig): Map<string, StateArray> {
  const taps = tapsOf(config);
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const filter: StateArray = {
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
  return new Map([...owners, ...skips, ...ups].map((module) => [`${prefix}${module}.resample_filter`, filter]));
}

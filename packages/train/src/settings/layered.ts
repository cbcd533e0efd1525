import { isMethod, methodDefaults } from './method-defaults.js';

/** Values of YAML and JSON. */
export type Plain = null | boolean | number | string | readonly Plain[] | PlainMap;
export type PlainMap = { readonly [name: string]: Plain };

/** Names of settings that end when a higher layer gives the one before: they say the same in another way, or belong to its value. */
const averages = ['emaResidual', 'emaMomentum', 'emaHalfLife', 'emaRampUp'];
const ended = new Map([
  ['emaResidual', averages],
  ['emaMomentum', averages],
  ['emaHalfLife', averages],
  ['warmup', ['rampImages']],
  ['schedule', ['phaseWeights']],
]);

/**
 * Lower settings under higher ones. Mappings are taken name by name, but as a whole where their `kind` changes; null takes a setting away.
 * A network has as many outputs as a `prediction` that comes without their number asks for; another method brings its own defaults.
 */
export function layered(lower: PlainMap, higher: PlainMap): PlainMap {
  const endings = new Set(Object.keys(higher).flatMap((name) => ended.get(name) ?? []));
  const kept = Object.fromEntries(Object.entries(lower).filter(([name]) => !endings.has(name)));
  const { prediction, network, method } = higher;
  const isChanged = isMethod(method) && lower.method !== undefined && lower.method !== method;
  const base = isChanged ? merged(kept, methodDefaults(method)) : kept;
  const follows = typeof prediction === 'string' && isMap(lower.network) && !(isMap(network) && Object.hasOwn(network, 'outputs'));
  return merged(base, follows ? merged({ network: { outputs: prediction === 'x0+eps' ? 2 : 1 } }, higher) : higher);
}

/** Make one mapping of two; what the higher says goes before, null too. */
export const merged = (lower: PlainMap, higher: PlainMap): PlainMap => ({
  ...lower,
  ...Object.fromEntries(Object.entries(higher).map(([name, value]) => [name, valueOver(lower[name], value)])),
});

function valueOver(lower: unknown, higher: PlainMap[string]): PlainMap[string] {
  if (!isMap(higher)) return higher;
  const isSameKind = isMap(lower) && (higher.kind === undefined || higher.kind === lower.kind);
  return merged(isSameKind ? lower : {}, higher);
}

/** Drop the settings that are null, which are removed. */
export const withoutNulls = (values: PlainMap): PlainMap =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, isMap(value) ? withoutNulls(value) : value]],
    ),
  );

/** True for a mapping. */
export const isMap = (value: unknown): value is PlainMap => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Return the value at a path; undefined if there is none. */
export const valueAt = (values: PlainMap, path: readonly PropertyKey[]): Plain | undefined =>
  path.reduce<Plain | undefined>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<PropertyKey, Plain>>)[name]
        : undefined,
    values,
  );

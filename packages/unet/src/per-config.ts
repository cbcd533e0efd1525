/** Cache a function's result for each configuration object that is still in use. */
export function perConfig<C extends object, R>(fn: (config: C) => R): (config: C) => R {
  const known = new WeakMap<C, { readonly result: R }>();
  return (config) => {
    const found = known.get(config) ?? { result: fn(config) };
    known.set(config, found);
    return found.result;
  };
}

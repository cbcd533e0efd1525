/** The same function, which works its result out once for each configuration that is still in use. */
export function perConfig<C extends object, R>(fn: (config: C) => R): (config: C) => R {
  const known = new WeakMap<C, { readonly result: R }>();
  return (config) => {
    const found = known.get(config) ?? { result: fn(config) };
    known.set(config, found);
    return found.result;
  };
}

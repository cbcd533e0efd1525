/** Drop the values that are undefined, which JSON cannot hold. */
export const present = <T extends object>(values: T): Present<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

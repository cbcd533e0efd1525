/**
 * Run a sampler to its end and return the last image, which is then yours.
 *
 * @throws RangeError when the sampler yields nothing.
 */
export async function drain<T>(sampler: AsyncIterable<T>): Promise<T> {
  let last: { value: T } | undefined;
  for await (const value of sampler) last = { value };
  if (!last) throw new RangeError('drain: the sampler yielded nothing, expected at least one step');
  return last.value;
}

import { loadModel, type StoredModel } from '@tract/model';

const mostBytes = 2 ** 30;

/**
 * Read the model in files that the visitor chose: weights, and the configuration unless the weights carry it.
 * @throws Error that names what is missing or wrong.
 */
export async function droppedModel(files: readonly File[]): Promise<StoredModel & { readonly name: string }> {
  const weights = files.find(({ name }) => name.endsWith('.safetensors'));
  const config = files.find(({ name }) => name.endsWith('.json'));
  if (weights === undefined)
    throw new Error(`expected a file model.safetensors and its config.json, got ${files.map(({ name }) => name).join(', ') || 'nothing'}`);
  for (const { name, size } of files)
    if (size > mostBytes) throw new Error(`${name} has ${Math.round(size / 2 ** 20)} MiB; this page reads up to ${mostBytes / 2 ** 20}`);
  const bytes = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
  const name = weights.name.replace('.safetensors', '');
  const stored = loadModel(
    { name: `${name}: weights`, bytes: await bytes(weights) },
    config && { name: `${name}: config.json`, bytes: await bytes(config) },
  );
  return { ...stored, name };
}

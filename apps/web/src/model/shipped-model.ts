import shipped from 'virtual:shipped-models';
import { type DrawableModel, drawableModel } from './drawable-model.js';

/**
 * A model that came with the page, once its bytes have the hash that the page was built with.
 * @throws Error when it is unknown, does not arrive, or is another.
 */
export async function shippedModel(name: string): Promise<DrawableModel> {
  const known = shipped.find((model) => model.name === name);
  if (known === undefined) throw new Error(`the page came without a model '${name}'`);
  const bytes = new Map(
    await Promise.all(known.files.map(async (file) => [file.file, await fetchVerified(`models/${name}/${file.file}`, file)] as const)),
  );
  return drawableModel(name, bytes.get('model.safetensors')!, bytes.get('config.json')!);
}

async function fetchVerified(path: string, expected: { readonly bytes: number; readonly sha256: string }): Promise<Uint8Array> {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new Error(`${path} did not arrive: the server answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (bytes.length !== expected.bytes || sha256 !== expected.sha256)
    throw new Error(
      `${path} is not the file this page was built with (its SHA-256 begins with ${sha256.slice(0, 12)}); load the page again`,
    );
  return bytes;
}

import { badRequest } from './convert-error.js';
import type { Destination } from './destinations/destination.js';
import { diffusersFolder } from './destinations/diffusers-folder.js';
import { folder, safetensors } from './destinations/model-files.js';
import { onnx, onnxFolder } from './destinations/onnx.js';
import { torch } from './destinations/torch.js';

/** Every form that a model can be written in, one row each. */
export const destinations: readonly Destination[] = [folder, safetensors, torch, diffusersFolder, onnx, onnxFolder];

/** @throws ConvertError for a name that is not known. */
export function destinationOf(name: string): Destination {
  const found = destinations.find((one) => one.name === name);
  if (!found) throw badRequest(`no destination is called '${name}'; known: ${destinations.map((one) => one.name).join(', ')}`);
  return found;
}

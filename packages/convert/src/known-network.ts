import type { EdmUNetConfig, NetworkConfig, UNetConfig } from '@tract/unet';
import { badRequest } from './convert-error.js';

const kinds: readonly string[] = ['unet', 'song', 'dhariwal'];

const isKnown = (network: NetworkConfig): network is UNetConfig | EdmUNetConfig => kinds.includes(network.kind);

/** Return the network, if its family has names in other programs. @throws ConvertError for another family. */
export function knownNetwork(network: NetworkConfig): UNetConfig | EdmUNetConfig {
  if (isKnown(network)) return network;
  throw badRequest(`networks of kind '${(network as NetworkConfig).kind}' have no form in other programs; convert it to a .safetensors`);
}

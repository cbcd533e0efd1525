import type { Network } from '@tract/distill';
import {
  applyEdmUNet,
  applyUNet,
  type EdmUNetConfig,
  type EdmUNetParams,
  type EdmUNetTree,
  edmUNetCost,
  edmUNetSpec,
  initEdmUNet,
  initUNet,
  type NetworkCost,
  type ParamSpec,
  type UNetConfig,
  type UNetParams,
  type UNetTree,
  unetCost,
  unetSpec,
} from '@tract/unet';

/** The paper's U-Net, which has no `kind`, or one of EDM's. */
export type NetworkConfig = (UNetConfig & { readonly kind?: undefined }) | EdmUNetConfig;
export type NetworkParams = UNetParams | EdmUNetParams;

/** Shapes and starts of all parameters. @throws RangeError or TypeError when no network can be built; a kind that is not known, too. */
export const specOf = (network: NetworkConfig): UNetTree<ParamSpec> | EdmUNetTree<ParamSpec> =>
  network.kind === undefined ? unetSpec(network) : edmUNetSpec(network);

export const initNetwork = (network: NetworkConfig, seed: number): NetworkParams =>
  network.kind === undefined ? initUNet(network, seed) : initEdmUNet(network, seed);

export const costOf = (network: NetworkConfig): NetworkCost => (network.kind === undefined ? unetCost(network) : edmUNetCost(network));

/** A network as the distiller and the samplers see one. Its parameters must be of its configuration. */
export const networkOf = (network: NetworkConfig): Network<NetworkParams> =>
  network.kind === undefined
    ? (params, xt, conditioning) => applyUNet(network, params as UNetParams, xt, conditioning)
    : (params, xt, conditioning) => applyEdmUNet(network, params as EdmUNetParams, xt, conditioning);

import type { Tensor, Tree } from '@tract/tensor';
import type { Conditioning } from './conditioning.js';
import { checkUNetConfig, type UNetConfig } from './config.js';
import { edmUNetCost, type NetworkCost, unetCost } from './cost.js';
import { checkEdmUNetConfig } from './edm/edm-check.js';
import type { DhariwalUNetConfig, EdmUNetConfig, SongUNetConfig } from './edm/edm-config.js';
import { applyEdmUNet, type EdmUNetParams, edmUNetSpec, initEdmUNet } from './edm/edm-unet.js';
import type { ParamSpec } from './param-spec.js';
import { applyUNet, initUNet, type UNetParams, unetSpec } from './unet.js';

/** The configuration of a network of any family; `kind` says which. */
export type NetworkConfig = UNetConfig | SongUNetConfig | DhariwalUNetConfig;
/** Parameters of a network of any family. */
export type NetworkParams = UNetParams | EdmUNetParams;

type Kind = NetworkConfig['kind'];
type ConfigOf<K extends Kind> = Extract<NetworkConfig, { readonly kind: K }>;

/** A family of networks: everything that anything above this package needs of it. */
export type NetworkFamily<C, P> = {
  /** @throws RangeError or TypeError for a configuration that no network can be built from, also for one that was read from a file. */
  readonly check: (config: C) => void;
  /** Return shapes and initialisations of all parameters; allocates none of them. */
  readonly spec: (config: C) => Tree<ParamSpec>;
  /** Make fresh parameters, a function of (config, seed); the caller owns them. */
  readonly init: (config: C, seed: number) => P;
  /** Map xt [N, H, W, inChannels] to the raw output [N, H, W, inChannels · outputs]; the caller owns it. */
  readonly apply: (config: C, params: P, xt: Tensor, conditioning: Conditioning) => Tensor;
  readonly cost: (config: C) => NetworkCost;
};

const edm: NetworkFamily<EdmUNetConfig, EdmUNetParams> = {
  check: checkEdmUNetConfig,
  spec: edmUNetSpec,
  init: initEdmUNet,
  apply: applyEdmUNet,
  cost: edmUNetCost,
};

/** Every family of networks by the `kind` of its configurations. */
export const networks: { readonly [K in Kind]: NetworkFamily<ConfigOf<K>, NetworkParams> } = {
  unet: {
    check: checkUNetConfig,
    spec: unetSpec,
    init: initUNet,
    apply: (config, params, xt, conditioning) => applyUNet(config, params as UNetParams, xt, conditioning),
    cost: unetCost,
  },
  song: edm as NetworkFamily<SongUNetConfig, NetworkParams>,
  dhariwal: edm as NetworkFamily<DhariwalUNetConfig, NetworkParams>,
};

/**
 * Return the family of a configuration.
 *
 * @throws RangeError for a kind that is not known.
 */
export function familyOf(config: NetworkConfig): NetworkFamily<NetworkConfig, NetworkParams> {
  if (!Object.hasOwn(networks, config.kind))
    throw new RangeError(`network.kind must be one of ${Object.keys(networks).join(', ')}, got ${JSON.stringify(config.kind)}`);
  return networks[config.kind] as NetworkFamily<NetworkConfig, NetworkParams>;
}

/** Return shapes and initialisations of all parameters; allocates none of them. @throws RangeError or TypeError when no network can be built. */
export const networkSpec = (config: NetworkConfig): Tree<ParamSpec> => familyOf(config).spec(config);

/** Make fresh parameters, a function of (config, seed) alone; the caller owns them. */
export const initNetwork = (config: NetworkConfig, seed: number): NetworkParams => familyOf(config).init(config, seed);

/** Count the cost of a network call for one image; allocates nothing. */
export const networkCost = (config: NetworkConfig): NetworkCost => familyOf(config).cost(config);

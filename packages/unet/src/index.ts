export type { Conditioning } from './conditioning.js';
export { checkUNetConfig, type UNetConfig } from './config.js';
export { edmUNetCost, type NetworkCost, unetCost } from './cost.js';
export { type DiffusersName, diffusersNames, fromDiffusers } from './diffusers/diffusers-names.js';
export { fromDiffusersSettings } from './diffusers/diffusers-settings.js';
export { paperAsAdm } from './diffusers/paper-as-adm.js';
export { type DiffusersSettings, toDiffusersSettings } from './diffusers/to-diffusers-settings.js';
export { type AdmName, type AdmStorage, admNames, fromAdm } from './edm/adm-names.js';
export { checkEdmUNetConfig } from './edm/edm-check.js';
export type { DhariwalUNetConfig, EdmUNetConfig, SongUNetConfig } from './edm/edm-config.js';
export { edmConfigs } from './edm/edm-configs.js';
export { type EdmName, edmNames, fromEdm } from './edm/edm-names.js';
export { fromEdmSettings } from './edm/edm-settings.js';
export { applyEdmUNet, type EdmUNetParams, type EdmUNetTree, edmUNetSpec, initEdmUNet } from './edm/edm-unet.js';
export { type EdmWeights, edmFilters, edmWeights, type StateArray } from './edm/edm-weights.js';
export { type FlaxName, flaxNames, fromFlax } from './flax-names.js';
export type { Training } from './layers/dropout.js';
export { fromMlTract, type MlTractLayout, type MlTractName, mlTractNames } from './ml-tract-names.js';
export {
  familyOf,
  initNetwork,
  type NetworkConfig,
  type NetworkFamily,
  type NetworkParams,
  networkCost,
  networkSpec,
  networks,
} from './networks.js';
export { paperConfigs } from './paper-configs.js';
export { countParameters, type ParamInit, type ParamSpec } from './param-spec.js';
export { applyUNet, initUNet, type UNetParams, type UNetTree, unetSpec } from './unet.js';

export type { BlockStyle } from './block-style.js';
export { withBothEnds } from './both-ends.js';
export type { Conditioning } from './conditioning.js';
export { checkUNetConfig, groupsOf, type UNetConfig } from './config.js';
export { edmUNetCost, type NetworkCost, unetCost } from './cost.js';
export { checkEdmUNetConfig } from './edm/edm-check.js';
export { type DhariwalUNetConfig, type EdmUNetConfig, noiseChannelsOf, type SongUNetConfig, sinesFirstIn } from './edm/edm-config.js';
export { edmConfigs } from './edm/edm-configs.js';
export { admEps, edmGroups, groupsOfEdm, planEdm, styleOfEdm } from './edm/edm-layout.js';
export { applyEdmUNet, type EdmUNetParams, type EdmUNetTree, edmUNetSpec, initEdmUNet } from './edm/edm-unet.js';
export { positionalFeatures } from './edm/noise-features.js';
export type { Training } from './layers/dropout.js';
export { timeFeatures } from './layers/embedding.js';
export { doublingMatrix, halvingMatrix } from './layers/resample.js';
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
export type { BackbonePlan, BlockPlan, ConvPlan, PyramidPlan, StagePlan } from './plan.js';
export { applyUNet, initUNet, type UNetParams, type UNetTree, unetSpec } from './unet.js';
export { planUNet, styleOfUNet } from './unet-layout.js';

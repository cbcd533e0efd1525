export { checkUNetConfig, type UNetConfig } from './config.js';
export { fromMlTract, type MlTractLayout, type MlTractName, mlTractNames } from './ml-tract-names.js';
export { paperConfigs } from './paper-configs.js';
export { countParameters, type ParamInit, type ParamSpec } from './param-spec.js';
export { applyUNet, initUNet, type UNetParams, type UNetTree, unetSpec } from './unet.js';

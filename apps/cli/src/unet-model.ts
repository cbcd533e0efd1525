import type { Model, Prediction } from '@tract/distill';
import { applyUNet, type UNetConfig, type UNetParams } from '@tract/unet';

/** A U-Net as the distiller and the samplers see a network. */
export const unetModel = (config: UNetConfig, prediction: Prediction): Model<UNetParams> => ({
  prediction,
  network: (params, xt, logSNR, labels) => applyUNet(config, params, xt, logSNR, labels),
});

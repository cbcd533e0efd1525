import { checkUNetConfig, type UNetConfig } from '@tract/unet';

/** Size of a network to be timed. */
export type NetworkSize = Pick<UNetConfig, 'imageSize' | 'inChannels' | 'channels' | 'channelMult' | 'blocks' | 'attentionResolutions'>;

/**
 * Return the paper's U-Net in a size: embedding four times as wide as the first level, one attention head.
 * @throws RangeError or TypeError for a size that no network has.
 */
export function benchNetwork(size: NetworkSize): UNetConfig {
  const network: UNetConfig = {
    kind: 'unet',
    ...size,
    embChannels: 4 * size.channels,
    heads: 1,
    scaleShift: true,
    resampleInBlocks: true,
    outputs: 1,
    classes: 1,
  };
  checkUNetConfig(network);
  return network;
}

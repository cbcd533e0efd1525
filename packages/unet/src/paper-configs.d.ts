/** The two networks of the paper's tables whose teachers come from progressive distillation. */
export declare const paperConfigs: {
  /** 60,004,099 parameters, predicts x0. */
  cifar10: {
    imageSize: number;
    inChannels: number;
    channels: number;
    embChannels: number;
    channelMult: number[];
    blocks: number;
    attentionResolutions: number[];
    heads: number;
    scaleShift: true;
    resampleInBlocks: true;
    outputs: number;
    classes: number;
  };
  /** 295,905,222 parameters, predicts x0 and eps, conditioned on a class. */
  imagenet64: {
    imageSize: number;
    inChannels: number;
    channels: number;
    embChannels: number;
    channelMult: number[];
    blocks: number;
    attentionResolutions: number[];
    headDim: number;
    scaleShift: true;
    resampleInBlocks: true;
    outputs: number;
    classes: number;
  };
};
//# sourceMappingURL=paper-configs.d.ts.map

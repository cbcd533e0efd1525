/** Type of the weights and features of a graph. */
export type FloatType = 'float32' | 'float16';

export type GraphOptions = {
  /** Type of the weights and of the features; images and noise levels are float32 in any case. Default: float32. */
  readonly type?: FloatType;
  /** True: a student's one step as one graph, noise → image. Default: the denoiser, xt and logSNR → x0. */
  readonly oneStep?: boolean;
};

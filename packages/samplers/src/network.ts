import type { NoiseLevel } from '@tract/schedules';
import type { ModelCall } from './denoiser.js';

/** A network as it was trained: scaled image and its time → its prediction, a new T that the caller owns. With batched guidance it answers a pair. */
export type Network<T> = (input: T, time: number, call: NetworkCall) => NetworkAnswer<T> | Promise<NetworkAnswer<T>>;
export type NetworkAnswer<T> = T | readonly [conditional: T, unconditional: T];
export type NetworkCall = ModelCall & {
  readonly level: NoiseLevel;
  /** True where guidance without a network of its own wants [conditional, unconditional] from one batched call. */
  readonly pair: boolean;
};

/** Predictions of the clean image, the noise, v = alpha·eps − sigma·x0, or the velocity eps − x0 of flow matching. */
export type NetworkPrediction = 'eps' | 'v' | 'x0' | 'flow';

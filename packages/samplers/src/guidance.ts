import type { NoiseLevel } from '@tract/schedules';
import type { ModelCall } from './denoiser.js';
import type { Network, NetworkAnswer } from './network.js';
import type { VectorSpace } from './vector-space.js';

/** Classifier-free guidance (CFG): conditional + (scale − 1)·(conditional − unconditional). Source: Ho & Salimans 2022. */
export type Guidance<T> = {
  /** 1 is no guidance, 7.5 usual for Stable Diffusion. */
  readonly scale: number;
  /** Asked in a call of its own. Default: none; then the network answers the pair [conditional, unconditional] of one batched call. */
  readonly unconditional?: Network<T>;
  /** Guide only where sigma / alpha is within these two; elsewhere the conditional alone is asked. Source: Kynkäänniemi et al. 2024. Default: everywhere. */
  readonly interval?: readonly [low: number, high: number];
  /** Part, in [0, 1], of rescaling the guided prediction of each image to the conditional's standard deviation. Source: Lin et al. 2023, Eq. 15, 16. Default: 0. */
  readonly rescale?: number;
  /**
   * Adaptive projected guidance (APG) on x0: of the difference keep `eta` (default: 0) of what is parallel to the conditional, limit its norm in each image
   * (default: no limit), and add `momentum` (default: 0; −0.5 in the source) of the last one. Source: Sadat et al. 2024, Algorithm 1.
   */
  readonly projected?: { readonly eta?: number; readonly normLimit?: number; readonly momentum?: number };
};

type Guided<T> = {
  readonly level: NoiseLevel;
  readonly call: ModelCall;
  readonly network: Network<T>;
  readonly ask: (network: Network<T>, pair: boolean) => Promise<NetworkAnswer<T>>;
  readonly toX0: (answer: T) => T;
  /** Free with the call, but for the result. */
  readonly own: (x: T) => T;
};

/** Return what asks a network, guided, for x0. With momentum it remembers the last difference until a run starts again. */
export function guider<T>(space: VectorSpace<T>, guidance: Guidance<T>): (guided: Guided<T>) => Promise<T> {
  const { scale, unconditional, interval: [low, high] = [0, Infinity], rescale = 0, projected } = guidance;
  if (!Number.isFinite(scale)) throw new RangeError(`denoiserFrom: guidance scale must be a number, got ${scale}`);
  if (!(rescale >= 0 && rescale <= 1)) throw new RangeError(`denoiserFrom: guidance rescale must be in [0, 1], got ${rescale}`);
  const { perImage } = space;
  if ((rescale > 0 || projected) && !perImage)
    throw new TypeError('denoiserFrom: this space has no perImage statistics, which guidance rescale and APG need');
  let last: { readonly difference: T } | undefined;
  const remember = (difference?: T) => {
    if (last) space.dispose?.(last.difference);
    last = difference === undefined ? undefined : { difference };
  };

  return async ({ level, call, network, ask, toX0, own }) => {
    const combine: VectorSpace<T>['combine'] = (terms) => own(space.combine(terms));
    if (call.step === 0) remember();
    const s = level.sigma / level.alpha;
    if (!(s >= low && s <= high) || scale === 1) return toX0((await ask(network, false)) as T);
    const answer = await ask(network, unconditional === undefined);
    const pair = unconditional ? [answer as T, (await ask(unconditional, false)) as T] : answer;
    if (!Array.isArray(pair) || pair.length !== 2)
      throw new TypeError(
        'denoiserFrom: guidance without an unconditional network needs the pair [conditional, unconditional] where call.pair is true',
      );
    const [conditional, other]: readonly T[] = projected ? [toX0(pair[0]), toX0(pair[1])] : pair;
    let difference = combine([
      [1, conditional],
      [-1, other],
    ]);
    if (projected && perImage) {
      const { eta = 0, normLimit = Infinity, momentum = 0 } = projected;
      if (last && momentum !== 0)
        difference = combine([
          [1, difference],
          [momentum, last.difference],
        ]);
      remember(momentum === 0 || call.step === call.total - 1 ? undefined : space.combine([[1, difference]]));
      const norms = await perImage.dot(difference, difference);
      const limited = own(
        perImage.scale(
          difference,
          norms.map((square) => (square > 0 ? Math.min(1, normLimit / Math.sqrt(square)) : 1)),
        ),
      );
      const [along, sizes] = [await perImage.dot(limited, conditional), await perImage.dot(conditional, conditional)];
      const parallel = own(
        perImage.scale(
          conditional,
          along.map((dot, i) => (sizes[i] > 0 ? dot / sizes[i] : 0)),
        ),
      );
      difference = combine([
        [1, limited],
        [eta - 1, parallel],
      ]);
    }
    let guided = combine([
      [1, conditional],
      [scale - 1, difference],
    ]);
    if (rescale > 0 && perImage) {
      const [wanted, got] = [await perImage.deviation(conditional), await perImage.deviation(guided)];
      guided = own(
        perImage.scale(
          guided,
          wanted.map((deviation, i) => 1 - rescale + (got[i] > 0 ? (rescale * deviation) / got[i] : rescale)),
        ),
      );
    }
    return projected ? guided : toX0(guided);
  };
}

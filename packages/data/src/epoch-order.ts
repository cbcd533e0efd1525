import { philox } from './counter-random.js';

const TWO_32 = 2 ** 32;

/**
 * The order of an epoch: the numbers 0 to count - 1, each exactly once, shuffled. A pure function of (seed, epoch, count), so a resumed
 * run and any number of readers agree without passing state. Every order is equally likely, up to the 64 bits of the key.
 * @throws RangeError unless seed and epoch are safe integers ≥ 0 and count is an integer in [0, 2^32).
 */
export function epochOrder(seed: number, epoch: number, count: number): Uint32Array {
  requireCount('epochOrder: seed', seed);
  requireCount('epochOrder: epoch', epoch);
  requireCount('epochOrder: count', count, TWO_32 - 1);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const draw = integers(seed, epoch);
  // Fisher-Yates only ever swaps, so whatever is drawn, no image is lost and none comes twice within an epoch.
  for (let last = count - 1; last > 0; last--) {
    const other = draw(last + 1);
    const held = order[last];
    order[last] = order[other];
    order[other] = held;
  }
  return order;
}

/** Uniform integers in [0, bound), one after the other, from the Philox stream of (seed, epoch). */
function integers(seed: number, epoch: number): (bound: number) => number {
  const key = [seed >>> 0, Math.floor(seed / TWO_32)] as const;
  let block = 0;
  let words: readonly number[] = [];
  let used = 4;
  return (bound) => {
    // Words above the last multiple of `bound` are drawn again: x % bound alone would favour small numbers.
    const limit = TWO_32 - (TWO_32 % bound);
    for (;;) {
      if (used === 4) {
        words = philox([block++, epoch >>> 0, Math.floor(epoch / TWO_32), 0], key);
        used = 0;
      }
      const word = words[used++];
      if (word < limit) return word % bound;
    }
  };
}

let remembered: { readonly key: string; readonly order: Uint32Array }[] = [];

/** The last two orders are kept, since every batch of an epoch asks for the same one and a batch can cross from one into the next. */
function rememberedOrder(seed: number, epoch: number, count: number): Uint32Array {
  const key = `${seed},${epoch},${count}`;
  const known = remembered.find((entry) => entry.key === key);
  if (known) return known.order;
  const order = epochOrder(seed, epoch, count);
  remembered = [{ key, order }, ...remembered.slice(0, 1)];
  return order;
}

/**
 * The images of training step `step`, counted from 0: epochs follow each other without a gap, and the last batch of an epoch is filled up from the next.
 * So every image is seen equally often; only a batch that crosses such a border (or is larger than the set) can hold an image twice.
 * @returns batchSize numbers in [0, count)
 * @throws RangeError unless seed and step are safe integers ≥ 0, count and batchSize ≥ 1.
 */
export function batchAt(seed: number, count: number, batchSize: number, step: number): Uint32Array {
  requireCount('batchAt: seed', seed);
  requireCount('batchAt: step', step);
  requireCount('batchAt: count', count, TWO_32 - 1, 1);
  requireCount('batchAt: batchSize', batchSize, TWO_32 - 1, 1);
  requireCount('batchAt: step · batchSize', (step + 1) * batchSize);
  const batch = new Uint32Array(batchSize);
  let position = step * batchSize;
  for (let filled = 0; filled < batchSize; ) {
    const inEpoch = position % count;
    const order = rememberedOrder(seed, Math.floor(position / count), count);
    const part = order.subarray(inEpoch, inEpoch + batchSize - filled);
    batch.set(part, filled);
    filled += part.length;
    position += part.length;
  }
  return batch;
}

function requireCount(what: string, value: number, max: number = Number.MAX_SAFE_INTEGER, min = 0): void {
  if (!(Number.isSafeInteger(value) && value >= min && value <= max)) {
    throw new RangeError(`${what} must be an integer from ${min} to ${max}, got ${value}`);
  }
}

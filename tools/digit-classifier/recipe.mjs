import { batchAt, gather } from '@tract/data';
import { digitScores, highestScores, initDigitClassifier, trainClassifier } from '@tract/metrics';
import { cosineRate, emaRate } from '@tract/optim';
import { copyTree, dispose, leaves, randomInts, read, readScalar, scope, tensor, zerosLike } from '@tract/tensor';

/** All that the weights depend on, besides the data and the machine's arithmetic. */
export const recipe = { seed: 1, epochs: 8, batch: 128, learningRate: 2e-3, shift: 2, emaMomentum: 0.998 };

const SHIFT_STREAM = 100;

/** Images [n, 28, 28, 1] moved by up to `shift` pixels each way, as a function of (seed, step, place in the batch); what comes in is background. */
export function shiftImages(pixels, count, { seed, shift }, step) {
  const moved = new Float32Array(pixels.length).fill(-1);
  for (let i = 0; i < count; i++) {
    const draw = randomInts({ seed, stream: SHIFT_STREAM, step, sample: i }, 2, 2 * shift + 1);
    const [dx, dy] = [draw[0] - shift, draw[1] - shift];
    for (let y = Math.max(0, dy); y < 28 + Math.min(0, dy); y++) {
      const from = i * 784 + (y - dy) * 28;
      moved.set(pixels.subarray(from + Math.max(0, -dx), from + 28 - Math.max(0, dx)), i * 784 + y * 28 + Math.max(0, dx));
    }
  }
  return moved;
}

/** Train on `set`; call `onStep(step, steps, loss)` now and then. The caller owns the result: the moving average of the weights. */
export async function trainDigitClassifier(set, settings, onStep = () => {}) {
  const { seed, epochs, batch, learningRate, emaMomentum } = settings;
  const steps = Math.ceil((epochs * set.count) / batch);
  const decay = cosineRate();
  const params = initDigitClassifier(seed);
  let state = { params, m: zerosLike(params), v: zerosLike(params), averages: [copyTree(params)] };
  for (let step = 0; step < steps; step++) {
    const indices = batchAt(seed, set.count, batch, step);
    const images = tensor(shiftImages(gather(set, indices), batch, settings, step), [batch, 28, 28, 1]);
    const labels = Array.from(indices, (index) => set.labels[index]);
    const update = { step: step + 1, learningRate: learningRate * decay(step / steps), averageRates: [emaRate(emaMomentum, step + 1)] };
    const next = trainClassifier(state, images, labels, update);
    state = next.state;
    if (step % 50 === 0 || step === steps - 1) onStep(step + 1, steps, await readScalar(next.loss));
    dispose([images, next.loss]);
  }
  const { averages, ...rest } = state;
  dispose(rest);
  return averages[0];
}

/** Share of the first `count` images of `set` whose digit is read right. */
export async function accuracy(classifier, set, count = set.count) {
  let right = 0;
  for (let first = 0; first < count; first += 250) {
    const indices = Array.from({ length: Math.min(250, count - first) }, (_, i) => first + i);
    const scores = scope(() => digitScores(classifier, tensor(gather(set, indices), [indices.length, 28, 28, 1])));
    const read10 = highestScores(await read(scores));
    scores.dispose();
    right += indices.filter((index, i) => read10[i] === set.labels[index]).length;
  }
  return right / count;
}

/** The classifier's numbers by leaf path, as @tract/checkpoint writes them. */
export async function namedArrays(classifier) {
  const arrays = new Map();
  for (const [path, leaf] of leaves(classifier)) arrays.set(path, { dtype: 'F32', shape: leaf.shape, data: await read(leaf) });
  return arrays;
}

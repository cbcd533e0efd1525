import { batchAt, gather } from '@tract/data';
import { classifierKinds, classifierScores, highestScores, initClassifier, trainClassifier } from '@tract/metrics';
import { cosineRate, emaRate } from '@tract/optim';
import { copyTree, dispose, leaves, randomInts, read, readScalar, scope, tensor, zerosLike } from '@tract/tensor';

const usual = { seed: 1, epochs: 8, batch: 128, learningRate: 2e-3, shift: 2, emaMomentum: 0.998 };

/** All that the weights of each classifier depend on, besides the data and the machine's arithmetic. Icons are few, and white around. */
export const recipes = {
  digits: usual,
  fashion: usual,
  icons: { ...usual, epochs: 160, shift: 3, background: 1 },
};

const SHIFT_STREAM = 100;

/** Move images [count, size, size, channels] by up to `shift` pixels each way, as a function of (seed, step, place in the batch); what comes in is background. */
export function shiftImages(pixels, { count, size, channels }, { seed, shift, background = -1 }, step) {
  const moved = new Float32Array(pixels.length).fill(background);
  const row = size * channels;
  for (let i = 0; i < count; i++) {
    const draw = randomInts({ seed, stream: SHIFT_STREAM, step, sample: i }, 2, 2 * shift + 1);
    const [dx, dy] = [draw[0] - shift, draw[1] - shift];
    for (let y = Math.max(0, dy); y < size + Math.min(0, dy); y++) {
      const from = (i * size + y - dy) * row;
      const kept = pixels.subarray(from + channels * Math.max(0, -dx), from + row - channels * Math.max(0, dx));
      moved.set(kept, (i * size + y) * row + channels * Math.max(0, dx));
    }
  }
  return moved;
}

/** Train the classifier of digits, fashion or icons on `set`; call `onStep(step, steps, loss)` now and then. The caller owns the result: the moving average of the weights. */
export async function trainImageClassifier(name, set, settings = recipes[name], onStep = () => {}) {
  const kind = classifierKinds[name];
  const { size, channels } = kind;
  const { seed, epochs, batch, learningRate, emaMomentum } = settings;
  const steps = Math.ceil((epochs * set.count) / batch);
  const decay = cosineRate();
  const params = initClassifier(kind, seed);
  let state = { params, m: zerosLike(params), v: zerosLike(params), averages: [copyTree(params)] };
  for (let step = 0; step < steps; step++) {
    const indices = batchAt(seed, set.count, batch, step);
    const pixels = shiftImages(gather(set, indices), { count: batch, size, channels }, settings, step);
    const images = tensor(pixels, [batch, size, size, channels]);
    const labels = Array.from(indices, (index) => set.labels[index]);
    const update = { step: step + 1, learningRate: learningRate * decay(step / steps), averageRates: [emaRate(emaMomentum, step + 1)] };
    const next = trainClassifier(kind, state, images, labels, update);
    state = next.state;
    if (step % 50 === 0 || step === steps - 1) onStep(step + 1, steps, await readScalar(next.loss));
    dispose([images, next.loss]);
  }
  const { averages, ...rest } = state;
  dispose(rest);
  return averages[0];
}

/** Return the share of the first `count` images of `set` whose class is read right. */
export async function accuracy(name, classifier, set, count = set.count) {
  const kind = classifierKinds[name];
  let right = 0;
  for (let first = 0; first < count; first += 250) {
    const indices = Array.from({ length: Math.min(250, count - first) }, (_, i) => first + i);
    const shape = [indices.length, kind.size, kind.size, kind.channels];
    const scores = scope(() => classifierScores(kind, classifier, tensor(gather(set, indices), shape)));
    const found = highestScores(await read(scores), kind.classes);
    scores.dispose();
    right += indices.filter((index, i) => found[i] === set.labels[index]).length;
  }
  return right / count;
}

/** The classifier's numbers by leaf path, as @tract/checkpoint writes them. */
export async function namedArrays(classifier) {
  const arrays = new Map();
  for (const [path, leaf] of leaves(classifier)) arrays.set(path, { dtype: 'F32', shape: leaf.shape, data: await read(leaf) });
  return arrays;
}

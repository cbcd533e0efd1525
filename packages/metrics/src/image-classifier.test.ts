import '@tensorflow/tfjs-backend-cpu';
import {
  type AdamState,
  copyTree,
  dispose,
  leaves,
  memory,
  read,
  readScalar,
  scope,
  sub,
  type Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  zeros,
  zerosLike,
} from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { crossEntropy, highestScores, trainClassifier } from './classifier-training.js';
import { extractStatistics } from './feature-extraction.js';
import { featureStatistics } from './feature-statistics.js';
import {
  classifierExtractor,
  classifierFeatures,
  classifierFrom,
  classifierKinds,
  classifierScores,
  type ImageClassifier,
  initClassifier,
} from './image-classifier.js';
import { distance, randomNumbers } from './testing/random-matrices.js';

beforeAll(() => useBackend('cpu'));

const { digits, icons } = classifierKinds;

const images = (seed: number, count: number): Tensor =>
  tensor(
    Float32Array.from(randomNumbers(seed, count * 784)).map((v) => 2 * v),
    [count, 28, 28, 1],
  );
const arraysOf = async (classifier: ImageClassifier) =>
  new Map(
    await Promise.all(leaves(classifier).map(async ([path, leaf]) => [path, { shape: leaf.shape, data: await read(leaf) }] as const)),
  );

describe('the network', () => {
  test('has 56,778 parameters, the same for a seed every time', async () => {
    const [a, b, c] = [initClassifier(digits, 1), initClassifier(digits, 1), initClassifier(digits, 2)];
    const [first, second, other] = [await arraysOf(a), await arraysOf(b), await arraysOf(c)];
    expect([...first.values()].reduce((sum, { data }) => sum + data.length, 0)).toBe(56_778);
    expect(first).toEqual(second);
    expect(first.get('conv2.kernel')).not.toEqual(other.get('conv2.kernel'));
    dispose([a, b, c]);
  });

  test('comes back from its own arrays, and from no others', async () => {
    const classifier = initClassifier(digits, 3);
    const arrays = await arraysOf(classifier);
    const back = classifierFrom(digits, arrays);
    expect(await arraysOf(back)).toEqual(arrays);
    const before = memory().tensors;
    const without = new Map([...arrays].slice(1));
    expect(() => classifierFrom(digits, without)).toThrow('expected 12 arrays, got 11');
    expect(() => classifierFrom(digits, new Map([...without, ['other', arrays.get('conv1.bias')!]]))).toThrow("no array 'conv1.kernel'");
    const misshapen = { shape: [10, 64], data: new Float32Array(640) };
    expect(() => classifierFrom(digits, new Map([...arrays, ['scores.kernel', misshapen]]))).toThrow(
      'must have shape [64,10], got [10,64]',
    );
    const halves = { shape: [10], data: new Uint16Array(10) as unknown as Float32Array };
    expect(() => classifierFrom(digits, new Map([...arrays, ['scores.bias', halves]]))).toThrow('must hold 10 float32 numbers');
    expect(memory().tensors).toBe(before);
    dispose([classifier, back]);
  });

  test('reads each image by itself', async () => {
    const classifier = initClassifier(digits, 4);
    const batch = images(5, 3);
    const together = await read(classifierScores(digits, classifier, batch));
    const values = await read(batch);
    for (let i = 0; i < 3; i++) {
      const alone = await read(classifierScores(digits, classifier, tensor(values.slice(i * 784, (i + 1) * 784), [1, 28, 28, 1])));
      // float32 sums of 512 terms of size 1, in another order
      expect(distance(alone, together.slice(i * 10, (i + 1) * 10))).toBeLessThan(1e-5);
    }
  });

  test('takes the images of its kind and refuses others', () => {
    const classifier = initClassifier(icons, 1);
    expect(classifierScores(icons, classifier, zeros([2, 32, 32, 3])).shape).toEqual([2, 9]);
    // As many numbers reach the features, so nothing else would tell.
    expect(() => classifierFeatures(icons, classifier, zeros([2, 28, 28, 3]))).toThrow('expected images [n, 32, 32, 3], got [2,28,28,3]');
    dispose(classifier);
  });
});

describe('crossEntropy', () => {
  test('of equal scores is ln 10, and of a sure answer about 0', async () => {
    expect(await readScalar(crossEntropy(zeros([3, 10]), [0, 5, 9]))).toBeCloseTo(Math.log(10), 6);
    const sure = new Float32Array(10);
    sure[7] = 100;
    expect(await readScalar(crossEntropy(tensor(sure, [1, 10]), [7]))).toBeCloseTo(0, 6);
    expect(await readScalar(crossEntropy(tensor(sure, [1, 10]), [6]))).toBeCloseTo(100, 4);
  });
  test('refuses labels that do not fit', () => {
    expect(() => crossEntropy(zeros([2, 10]), [1])).toThrow('1 labels for 2 rows');
    expect(() => crossEntropy(zeros([1, 10]), [10])).toThrow('label 0 must be in [0, 10), got 10');
  });
});

describe('training', () => {
  test('the gradient of the loss agrees with a difference quotient along itself', async () => {
    const classifier = initClassifier(digits, 6);
    const batch = images(7, 2);
    const loss = (params: ImageClassifier) => crossEntropy(classifierScores(digits, params, batch), [3, 8]);
    const { value, grads } = valueAndGrad(loss, classifier);
    const direction = await arraysOf(grads);
    const squared = [...direction.values()].reduce((sum, { data }) => sum + data.reduce((s, g) => s + g * g, 0), 0);
    const along = async (step: number) => {
      const numbers = await arraysOf(classifier);
      for (const [path, { data }] of numbers)
        data.forEach((w, i) => {
          data[i] = w + step * direction.get(path)!.data[i];
        });
      const moved = classifierFrom(digits, numbers);
      return readScalar(scope(() => loss(moved)));
    };
    const step = 1e-2 / Math.sqrt(squared);
    const quotient = ((await along(step)) - (await along(-step))) / (2 * step);
    expect(await readScalar(value)).toBeGreaterThan(1);
    // float32 loss of size 2 divided by a step that changes it by 1e-2 |g|, and the third derivative times step²
    expect(Math.abs(quotient / squared - 1)).toBeLessThan(2e-3);
  });

  // Two images and four steps, since the stock cpu backend takes a second for each.
  test('learns two images by heart and leaves as many tensors as it found', async () => {
    const params = initClassifier(digits, 8);
    let state: AdamState<ImageClassifier> = { params, m: zerosLike(params), v: zerosLike(params), averages: [copyTree(params)] };
    const batch = images(9, 2);
    const labels = [3, 8];
    const losses: number[] = [];
    const alive = memory().tensors;
    for (let step = 1; step <= 4; step++) {
      const next = trainClassifier(digits, state, batch, labels, { step, learningRate: 1e-3, averageRates: [0.5] });
      state = next.state;
      losses.push(await readScalar(next.loss));
      next.loss.dispose();
      expect(memory().tensors).toBe(alive);
    }
    expect(losses[3]).toBeLessThan(losses[0] / 2);
    expect([...highestScores(await read(classifierScores(digits, state.params, batch)), 10)]).toEqual(labels);
  });
});

describe('features → statistics', () => {
  test('do not depend on the batch size beyond float32 rounding, and nothing stays behind', async () => {
    const classifier = initClassifier(digits, 10);
    const all = images(11, 12);
    const values = await read(all);
    const expected = featureStatistics(await read(classifierFeatures(digits, classifier, all)), 64);
    const before = memory().tensors;
    function* batches(size: number) {
      for (let at = 0; at < 12; at += size) {
        const count = Math.min(size, 12 - at);
        const batch = tensor(values.slice(at * 784, (at + count) * 784), [count, 28, 28, 1]);
        yield batch;
        batch.dispose();
      }
    }
    for (const size of [1, 5, 12]) {
      const statistics = await extractStatistics(classifierExtractor(digits, classifier), batches(size));
      expect(statistics.count).toBe(12);
      expect(distance(statistics.mean, expected.mean)).toBeLessThan(1e-6);
      expect(distance(statistics.covariance, expected.covariance)).toBeLessThan(1e-6);
    }
    expect(memory().tensors).toBe(before);
  });

  test('an extractor that gives something else is named, and so are no images', async () => {
    const batch = zeros([2, 28, 28, 1]);
    await expect(extractStatistics((x) => sub(x, x), [batch])).rejects.toThrow('expected features [2, 28], got [2,28,28,1]');
    await expect(extractStatistics((x) => x, [])).rejects.toThrow('no batch');
  });
});

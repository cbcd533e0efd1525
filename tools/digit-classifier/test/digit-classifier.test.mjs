import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readSafetensors } from '@tract/checkpoint';
import { gather, loadMnist } from '@tract/data';
import { digitClassifierFrom, digitExtractor, extractStatistics, frechetDistance } from '@tract/metrics';
import { memory, tensor } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../backend.mjs';
import { accuracy, namedArrays, recipe, shiftImages, trainDigitClassifier } from '../recipe.mjs';

const folder = new URL('../../../packages/metrics/weights/', import.meta.url);
const bytes = new Uint8Array(readFileSync(new URL('digit-classifier.safetensors', folder)));
const { tensors, metadata } = readSafetensors(bytes);

let backend;
let digits;
beforeAll(async () => {
  backend = await startBackend();
  digits = await loadMnist('test');
});

describe('the weights that are shipped', () => {
  test('are those that the README beside them describes', () => {
    const readme = readFileSync(new URL('README.md', folder), 'utf8');
    expect(readme).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(readme).toContain(`${(100 * Number(metadata.get('testAccuracy'))).toFixed(2)} %`);
    expect(JSON.parse(metadata.get('recipe'))).toEqual(recipe);
    expect(bytes.length).toBeLessThan(300_000);
  });

  test('read at least 99 % of the test digits right', async () => {
    const classifier = digitClassifierFrom(tensors);
    // Plain JavaScript would take minutes for all of them.
    const count = backend === 'native' ? digits.count : 300;
    expect(await accuracy(classifier, digits, count)).toBeGreaterThanOrEqual(count === digits.count ? 0.99 : 0.98);
  });

  test('tell halves of the test digits from each other little, from their negatives much', async () => {
    const extract = digitExtractor(digitClassifierFrom(tensors));
    const half = backend === 'native' ? 5000 : 200;
    async function* batches(first, change) {
      for (let at = first; at < first + half; at += 100) {
        const indices = Array.from({ length: 100 }, (_, i) => at + i);
        const images = tensor(gather(digits, indices).map(change), [100, 28, 28, 1]);
        yield images;
        images.dispose();
      }
    }
    const same = (value) => value;
    const [a, b] = [await extractStatistics(extract, batches(0, same)), await extractStatistics(extract, batches(half, same))];
    const negative = await extractStatistics(
      extract,
      batches(half, (value) => -value),
    );
    expect(frechetDistance(a, negative)).toBeGreaterThan(20 * frechetDistance(a, b));
  });
});

describe('the recipe', () => {
  test('moves an image as a whole and fills up with background', () => {
    const image = new Float32Array(784).fill(-1);
    image[14 * 28 + 14] = 1;
    for (let step = 0; step < 30; step++) {
      const moved = shiftImages(image, 1, { seed: 1, shift: 2 }, step);
      const at = moved.indexOf(1);
      expect(Math.abs(Math.floor(at / 28) - 14)).toBeLessThanOrEqual(2);
      expect(Math.abs((at % 28) - 14)).toBeLessThanOrEqual(2);
      expect(moved.reduce((sum, value) => sum + value, 0)).toBe(-782);
    }
  });

  test('learns, and two runs give the same bits', async (context) => {
    if (backend !== 'native') return context.skip('the native backend is not built, plain JavaScript would take minutes');
    const before = memory().tensors;
    const settings = { ...recipe, epochs: 0.1, batch: 32 };
    const few = { ...digits, count: 2000 };
    const [first, second] = [await trainDigitClassifier(few, settings), await trainDigitClassifier(few, settings)];
    expect(memory().tensors).toBe(before + 24);
    expect(await namedArrays(second)).toEqual(await namedArrays(first));
    expect(await accuracy(first, digits, 1000)).toBeGreaterThan(0.15);
  });
});

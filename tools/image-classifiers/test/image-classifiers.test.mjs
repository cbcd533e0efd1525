import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readSafetensors } from '@tract/checkpoint';
import { gather, loadMnist } from '@tract/data';
import { classifierExtractor, classifierFrom, classifierKinds, extractStatistics, frechetDistance } from '@tract/metrics';
import { dispose, memory, tensor } from '@tract/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../backend.mjs';
import { digitStatistics } from '../digit-statistics.mjs';
import { accuracy, namedArrays, recipes, shiftImages, trainImageClassifier } from '../recipe.mjs';

const folder = new URL('../../../packages/metrics/weights/', import.meta.url);
const readme = readFileSync(new URL('README.md', folder), 'utf8');
const shippedBytes = (name) => new Uint8Array(readFileSync(new URL(`${name}.safetensors`, folder)));
const { tensors } = readSafetensors(shippedBytes('digit-classifier'));

let backend;
let digits;
beforeAll(async () => {
  backend = await startBackend();
  digits = await loadMnist('test');
});

describe('the weights that are shipped', () => {
  test.each(Object.entries(classifierKinds))('of %s are those that the README beside them describes', (set, kind) => {
    const bytes = shippedBytes(kind.name.replace(/-\d+$/, ''));
    const { tensors, metadata } = readSafetensors(bytes);
    expect(readme).toContain(createHash('sha256').update(bytes).digest('hex'));
    expect(readme).toContain(`${(100 * Number(metadata.get('testAccuracy'))).toFixed(2)} %`);
    expect(metadata.get('name')).toBe(kind.name);
    expect(JSON.parse(metadata.get('recipe'))).toEqual(recipes[set]);
    dispose(classifierFrom(kind, tensors));
    expect(bytes.length).toBeLessThan(300_000);
  });

  test('read at least 99 % of the test digits right', async () => {
    const classifier = classifierFrom(classifierKinds.digits, tensors);
    // Plain JavaScript would take minutes for all of them.
    const count = backend === 'native' ? digits.count : 300;
    expect(await accuracy('digits', classifier, digits, count)).toBeGreaterThanOrEqual(count === digits.count ? 0.99 : 0.98);
  });

  test('give the test digits the statistics that are shipped', async () => {
    const shipped = readSafetensors(shippedBytes('digit-statistics'));
    expect(shipped.metadata.get('count')).toBe(`${digits.count}`);
    if (backend !== 'native') return; // plain JavaScript would take minutes
    const { mean, covariance } = await digitStatistics(tensors, digits);
    // Features are float32 sums, in another order with another instruction set.
    for (const [name, values] of Object.entries({ mean, covariance })) {
      const { data } = shipped.tensors.get(name);
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(values.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i])), 0)).toBeLessThan(1e-5 * largest);
    }
  });

  test('tell halves of the test digits from each other little, from their negatives much', async () => {
    const extract = classifierExtractor(classifierKinds.digits, classifierFrom(classifierKinds.digits, tensors));
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
      const moved = shiftImages(image, { count: 1, size: 28, channels: 1 }, { seed: 1, shift: 2 }, step);
      const at = moved.indexOf(1);
      expect(Math.abs(Math.floor(at / 28) - 14)).toBeLessThanOrEqual(2);
      expect(Math.abs((at % 28) - 14)).toBeLessThanOrEqual(2);
      expect(moved.reduce((sum, value) => sum + value, 0)).toBe(-782);
    }
  });

  test('moves the colours of a pixel together, onto a white ground', () => {
    const image = new Float32Array(32 * 32 * 3).fill(1);
    image.set([-0.25, 0, 0.5], (16 * 32 + 16) * 3);
    for (let step = 0; step < 30; step++) {
      const moved = shiftImages(image, { count: 1, size: 32, channels: 3 }, { seed: 1, shift: 3, background: 1 }, step);
      const at = moved.indexOf(-0.25);
      expect([at % 3, ...moved.subarray(at, at + 3)]).toEqual([0, -0.25, 0, 0.5]);
      expect(Math.abs(Math.floor(at / 96) - 16)).toBeLessThanOrEqual(3);
      expect(Math.abs((Math.floor(at / 3) % 32) - 16)).toBeLessThanOrEqual(3);
      expect(moved.filter((value) => value === 1).length).toBe(32 * 32 * 3 - 3);
    }
  });

  test('learns, and two runs give the same bits', async (context) => {
    if (backend !== 'native') return context.skip('the native backend is not built, plain JavaScript would take minutes');
    const before = memory().tensors;
    const settings = { ...recipes.digits, epochs: 0.1, batch: 32 };
    const few = { ...digits, count: 2000 };
    const [first, second] = [await trainImageClassifier('digits', few, settings), await trainImageClassifier('digits', few, settings)];
    expect(memory().tensors).toBe(before + 24);
    expect(await namedArrays(second)).toEqual(await namedArrays(first));
    expect(await accuracy('digits', first, digits, 1000)).toBeGreaterThan(0.15);
  });
});
